//! `/users/{id}/access_policies`.

use super::convert::accounts as convert;
use super::users::user_of;
use super::wire::list::Items;
use super::wire::policy::PoliciesIn;
use crate::domain::ids::UserId;
use crate::domain::user::AccessPolicy;
use crate::http::input;
use crate::http::message::Response;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::access_policies as usecase;

fn shown(policies: &[AccessPolicy], user: UserId) -> Response {
    let items = policies
        .iter()
        .map(|policy| convert::policy(policy, user))
        .collect();
    output::ok(&Items { items })
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let user = user_of(&call)?;
    let policies = usecase::read(&call.env, &caller, user).await?;
    Ok(shown(&policies, user))
}

pub(super) async fn replace(call: Call, caller: Caller) -> Answer {
    let user = user_of(&call)?;
    let body = input::json::<PoliciesIn>(&call.request)?;
    let inputs: Vec<_> = body.items.into_iter().map(convert::policy_input).collect();
    let now = call.request.head.received_at;
    let policies = usecase::replace(&call.env, &caller, user, &inputs, now).await?;
    Ok(shown(&policies, user))
}
