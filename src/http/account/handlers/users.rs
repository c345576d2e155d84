//! User accounts.

use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::common::{Login, MAX_IDS, VersionQuery, list_of, page_request};
use crate::domain::client::ApiScope::{AccountRead, AccountWrite};
use crate::domain::ids::{TenantId, UserId, V1Id};
use crate::domain::user::User;
use crate::http::account::convert::accounts as convert;
use crate::http::account::examples::{self, TENANT};
use crate::http::account::wire::list::ListResponse;
use crate::http::account::wire::user::{UserRequest, UserResponse};
use crate::http::cursor::Cursor;
use crate::http::endpoint::{
    Answer, Call, Endpoint, Json, Limit, List, Operation, Path, Required, delete, get, post, put,
    query,
};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::precondition::Precondition;
use crate::usecases::activation;
use crate::usecases::error::Error;
use crate::usecases::manage_users::{self as usecase, UserQuery};
use crate::usecases::page::MAX_PAGE;

/// Where answers name the API v1 id: the vendor's object has no room for it.
const V1_ID: HeaderName = HeaderName::from_static("x-upsell-v1-id");

pub(super) fn all() -> [Endpoint; 4] {
    let list = get("/api/2/users", "listUsers", "Lists users")
        .scope(AccountRead)
        .about(
            "Exactly one of `uuids`, `v1_id`, `tenant_id` and `subtree_root_tenant_id` says which \
             users. Ids in `uuids` and `v1_id` that are unknown or out of reach are left out.",
        )
        .answers::<ListResponse<UserResponse>>(200, "A page of users.")
        .refuses(404)
        .to(list);
    let create = post("/api/2/users", "createUser", "Creates a user")
        .scope(AccountWrite)
        .about(
            "A new user gets no mail about quotas yet: that takes `activated: true`, an e-mail \
             address, and `quota` among the `notifications`. `explain` says what is missing.",
        )
        .example(json!({
            "tenant_id": TENANT,
            "login": "JohnDoe",
            "contact": { "email": "johndoe@mysite.com", "firstname": "John", "lastname": "Doe" },
        }));
    let create = answers_user(create).refuses(404).to(create_user);
    let me = get("/api/2/users/me", "readMe", "Reads the user of the token")
        .any_token()
        .about("For a token that was issued with `user_id`.");
    let me = answers_user(me).refuses(403).refuses(404).to(read_me);
    let path = "/api/2/users/check_login";
    let check_login = get(path, "checkLogin", "Says whether a login is free")
        .scope(AccountWrite)
        .about(
            "Logins are unique over the whole deployment, so this also tells of users out of \
             reach. It needs the scope that creating a user does, which would tell as much.",
        )
        .answers_nothing(204, "It is free.")
        .refuses(409)
        .to(check_login);
    [list, create, me, check_login]
}

pub(super) fn one() -> [Endpoint; 4] {
    let path = "/api/2/users/{id}";
    let read = get(path, "readUser", "Reads a user").scope(AccountRead);
    let read = answers_user(read).to(read_user);
    let update = put(path, "updateUser", "Changes a user")
        .scope(AccountWrite)
        .about("The example makes a user a buyer.")
        .example(json!({ "business_types": ["buyer"], "version": 1 }));
    let update = answers_user(update)
        .such_as(examples::user())
        .conditional()
        .to(update_user);
    let delete = delete(path, "deleteUser", "Deletes a user")
        .scope(AccountWrite)
        .answers_nothing(204, "It is deleted.")
        .conditional()
        .to(delete_user);
    let path = "/api/2/users/{id}/send-activation-email";
    let about = "Asks a user by mail to activate the account";
    let send_activation = post(path, "sendActivationEmail", about)
        .scope(AccountWrite)
        .about(
            "Limited for each address, user and tenant (`mail.address_per_day`, \
             `mail.user_per_day`, `mail.tenant_per_day`): 429 above it.",
        )
        .answers_nothing(204, "The mail is in the outbox.")
        .refuses(429)
        .to(send_activation);
    [read, update, delete, send_activation]
}

/// With the user, its version and its API v1 id.
fn answers_user(operation: Operation) -> Operation {
    let about = "The API v1 id of the user.";
    operation
        .answers::<UserResponse>(200, "The user.")
        .tagged()
        .with_header("X-Upsell-V1-Id", schema::version(), about)
}

query! {
    /// Which users to list.
    struct UsersQuery {
        /// These.
        uuids: Option<List<UserId, MAX_IDS>>,
        /// Those with these API v1 ids: `user_id` of a Buy link.
        v1_id: Option<List<V1Id, MAX_IDS>>,
        /// Those of this tenant.
        tenant_id: Option<TenantId> = TENANT,
        /// Those of this tenant and of all below it.
        subtree_root_tenant_id: Option<TenantId>,
        /// How many at most.
        limit: Limit<100, MAX_PAGE>,
        /// `paging.cursors.after` of the page before.
        after: Option<Cursor>,
    }
}

query! {
    /// Which login to check.
    struct LoginQuery {
        /// The login.
        username: Required<Login> = "JaneDoe",
    }
}

fn shown(user: User) -> Response {
    let (version, v1_id) = (user.version, HeaderValue::from(user.v1_id.0));
    let mut response = output::ok(&convert::user(user));
    response.headers_mut().insert(V1_ID, v1_id);
    output::versioned(response, version)
}

async fn list(call: Call, query: UsersQuery) -> Answer {
    let whole = || "users".to_owned();
    let (tenant, root) = (query.tenant_id, query.subtree_root_tenant_id);
    let (wanted, name) = match (query.uuids, query.v1_id, tenant, root) {
        (Some(List(ids)), None, None, None) => (UserQuery::Ids(ids), whole()),
        (None, Some(List(ids)), None, None) => (UserQuery::V1Ids(ids), whole()),
        (None, None, Some(id), None) => (UserQuery::OfTenant(id), format!("users-of/{id}")),
        (None, None, None, Some(id)) => (UserQuery::Subtree(id), format!("users-below/{id}")),
        _ => {
            let why = "give one of uuids, v1_id, tenant_id, subtree_root_tenant_id";
            return Err(ApiError::malformed("query", why));
        }
    };
    let request = page_request(query.limit.0, query.after, &name)?;
    let page = usecase::list(call.context(), &wanted, request).await?;
    let list = list_of(page, &name, call.now(), convert::user);
    Ok(output::ok(&list))
}

async fn create_user(call: Call, Json(body): Json<UserRequest>) -> Answer {
    let Some(tenant) = body.tenant_id.as_ref().map(|id| id.0) else {
        return Err(ApiError::malformed("tenant_id", "say whose user it is"));
    };
    let user = usecase::create(call.context(), tenant, |user| body.apply(user)).await?;
    Ok(shown(user))
}

async fn read_me(call: Call) -> Answer {
    Ok(shown(usecase::me(call.context()).await?))
}

async fn check_login(call: Call, query: LoginQuery) -> Answer {
    if usecase::login_is_free(&call.env, &query.username.0.0).await? {
        return Ok(output::no_content());
    }
    Err(Error::NameTaken("the login is taken").into())
}

async fn read_user(call: Call, Path(id): Path<UserId>) -> Answer {
    Ok(shown(usecase::read(call.context(), id).await?))
}

async fn update_user(call: Call, Path(id): Path<UserId>, Json(body): Json<UserRequest>) -> Answer {
    let expected = Precondition::required(call.head(), body.version)?;
    let (cx, change) = (call.context(), |user| body.apply(user));
    let done = usecase::update(cx, id, expected.version, change).await;
    Ok(shown(expected.checked(done)?))
}

async fn delete_user(call: Call, Path(id): Path<UserId>, query: VersionQuery) -> Answer {
    let expected = Precondition::required(call.head(), query.version)?;
    let done = usecase::delete(call.context(), id, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

async fn send_activation(call: Call, Path(id): Path<UserId>, expected: Precondition) -> Answer {
    let done = activation::send_activation(call.context(), id, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
