//! Users and their roles, described.

use serde_json::{Value, json};

use super::super::request::MAX_IDS;
use super::super::wire::list::{Items, List};
use super::super::wire::policy::{PoliciesIn, PolicyOut};
use super::super::wire::user::{UserIn, UserOut};
use super::examples::{self, TENANT, USER};
use super::{id, paged};
use crate::http::openapi::{Group, Operation, delete, get, post, put, schema};

const ONE_OF: &str = "Exactly one of `uuids`, `v1_id`, `tenant_id` and `subtree_root_tenant_id` says which users. \
     Ids in `uuids` and `v1_id` that are unknown or out of reach are left out.";

/// The user, with its version and its API v1 id.
fn shown(operation: Operation, example: Value) -> Operation {
    operation
        .answers::<UserOut>(200, "The user.", example)
        .tagged()
        .with_header(
            "X-Upsell-V1-Id",
            schema::version(),
            "The API v1 id of the user.",
        )
}

const POLICIES: &str = "/api/2/users/{id}/access_policies";

pub(super) fn group() -> Group {
    let mut operations = lists();
    operations.extend(accounts());
    operations.extend(policies());
    Group {
        name: "Users",
        about: "User accounts, their roles, and who may buy.",
        path: id("The user's id."),
        operations,
    }
}

fn lists() -> Vec<Operation> {
    let list = get("/api/2/users", "listUsers", "Lists users")
        .about(ONE_OF)
        .query_list("uuids", schema::ids(MAX_IDS), "These.")
        .query_list(
            "v1_id",
            schema::v1_ids(MAX_IDS),
            "Those with these API v1 ids: `user_id` of a Buy link.",
        )
        .query("tenant_id", schema::id(), "Those of this tenant.")
        .such_as(TENANT)
        .query(
            "subtree_root_tenant_id",
            schema::id(),
            "Those of this tenant and of all below it.",
        );
    let me = get("/api/2/users/me", "readMe", "Reads the user of the token")
        .about("For a token that was issued with `user_id`.");
    let login = get(
        "/api/2/users/check_login",
        "checkLogin",
        "Says whether a login is free",
    )
    .about("Logins are unique over the whole deployment, so this also tells of users out of reach. It needs the scope that creating a user does, which would tell as much.")
    .query("username", schema::login(), "The login.")
    .required()
    .such_as("JaneDoe");
    vec![
        paged(list)
            .answers::<List<UserOut>>(200, "A page of users.", Value::Null)
            .refuses(404),
        shown(me, Value::Null).refuses(403).refuses(404),
        login.answers_nothing(204, "It is free.").refuses(409),
    ]
}

fn accounts() -> Vec<Operation> {
    const USER: &str = "/api/2/users/{id}";
    let create =
        post("/api/2/users", "createUser", "Creates a user")
            .about("A new user gets no mail about quotas yet: that takes `activated: true`, an e-mail address, and `quota` among the `notifications`. `explain` says what is missing.")
            .takes::<UserIn>(examples::new_user());
    let update = put(USER, "updateUser", "Changes a user")
        .about("Seed 000: makes a user a buyer.")
        .takes::<UserIn>(examples::becomes_buyer());
    let version = "The current version; `If-Match` may say it instead.";
    let activate = "/api/2/users/{id}/send-activation-email";
    let asks = "Asks a user by mail to activate the account";
    vec![
        shown(create, Value::Null).refuses(404),
        shown(get(USER, "readUser", "Reads a user"), Value::Null),
        shown(update, examples::user()).conditional(),
        delete(USER, "deleteUser", "Deletes a user")
            .query("version", schema::version(), version)
            .such_as(1)
            .answers_nothing(204, "It is deleted.")
            .conditional(),
        post(activate, "sendActivationEmail", asks)
            .about("Limited for each address, user and tenant (`mail.address_per_day`, `mail.user_per_day`, `mail.tenant_per_day`): 429 above it.")
            .answers_nothing(204, "The mail is in the outbox.")
            .refuses(429)
            .conditional(),
    ]
}

fn policies() -> [Operation; 2] {
    let example = json!({
        "items": [{
            "trustee_id": USER,
            "trustee_type": "user",
            "tenant_id": TENANT,
            "role_id": "company_admin",
        }],
    });
    let all = "All of them: what is not named is taken away. `company_admin` on the user's own tenant makes \
               the Company Administrator.";
    [
        get(POLICIES, "readPolicies", "The roles of a user")
            .answers::<Items<PolicyOut>>(200, "The roles.", Value::Null)
            .tagged()
            .cached(),
        put(POLICIES, "replacePolicies", "Sets the roles of a user")
            .about(all)
            .takes::<PoliciesIn>(example)
            .answers::<Items<PolicyOut>>(200, "The roles.", Value::Null)
            .tagged()
            .conditional(),
    ]
}
