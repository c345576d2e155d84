//! `/users/{id}/access_policies`.

use super::convert::accounts as convert;
use super::users::user_of;
use super::wire::list::Items;
use super::wire::policy::PoliciesIn;
use crate::domain::ids::UserId;
use crate::http::input;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::access_policies::{self as usecase, Policies};

fn shown(policies: &Policies, user: UserId) -> Response {
    let items = policies.items.iter();
    let items = items.map(|policy| convert::policy(policy, user)).collect();
    output::versioned(output::ok(&Items { items }), policies.version)
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let user = user_of(&call)?;
    let policies = usecase::read(&call.env, &caller, user).await?;
    Ok(unless_known(&call.request.head, shown(&policies, user)))
}

pub(super) async fn replace(call: Call, caller: Caller) -> Answer {
    let user = user_of(&call)?;
    let body = input::json::<PoliciesIn>(&call.request)?;
    let inputs: Vec<_> = body.items.into_iter().map(convert::policy_input).collect();
    let head = &call.request.head;
    let expected = Precondition::optional(head, None)?;
    let (version, now) = (expected.version, head.received_at);
    let done = usecase::replace(&call.env, &caller, user, &inputs, version, now).await;
    Ok(shown(&expected.checked(done)?, user))
}
