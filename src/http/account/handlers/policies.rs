//! The roles of a user.

use serde_json::json;

use crate::domain::client::ApiScope::{AccountRead, AccountWrite};
use crate::domain::ids::UserId;
use crate::http::account::convert::accounts as convert;
use crate::http::account::examples::{TENANT, USER};
use crate::http::account::wire::list::ItemsResponse;
use crate::http::account::wire::policy::{PoliciesRequest, PolicyResponse};
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, get, put};
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::usecases::access_policies::{self as usecase, Policies};

pub(super) fn endpoints() -> [Endpoint; 2] {
    let path = "/api/2/users/{id}/access_policies";
    let read = get(path, "readPolicies", "The roles of a user")
        .scope(AccountRead)
        .answers::<ItemsResponse<PolicyResponse>>(200, "The roles.")
        .tagged()
        .cached()
        .to(read);
    let example = json!({
        "items": [{
            "trustee_id": USER,
            "trustee_type": "user",
            "tenant_id": TENANT,
            "role_id": "company_admin",
        }],
    });
    let replace = put(path, "replacePolicies", "Sets the roles of a user")
        .scope(AccountWrite)
        .about(
            "All of them: what is not named is taken away. `company_admin` on the user's own \
             tenant makes the Company Administrator.",
        )
        .example(example)
        .answers::<ItemsResponse<PolicyResponse>>(200, "The roles.")
        .tagged()
        .to(replace);
    [read, replace]
}

fn shown(policies: &Policies, user: UserId) -> Response {
    let items = policies.items.iter();
    let items = items.map(|policy| convert::policy(policy, user)).collect();
    output::versioned(output::ok(&ItemsResponse { items }), policies.version)
}

async fn read(call: Call, Path(user): Path<UserId>) -> Answer {
    let policies = usecase::read(call.context(), user).await?;
    Ok(unless_known(call.head(), shown(&policies, user)))
}

async fn replace(
    call: Call,
    Path(user): Path<UserId>,
    Json(body): Json<PoliciesRequest>,
    expected: Precondition,
) -> Answer {
    let inputs: Vec<_> = body.items.into_iter().map(convert::policy_input).collect();
    let done = usecase::replace(call.context(), user, &inputs, expected.version).await;
    Ok(shown(&expected.checked(done)?, user))
}
