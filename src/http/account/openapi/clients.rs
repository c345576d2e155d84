//! API clients, described.

use serde_json::{Value, json};

use super::super::wire::client::{ClientIn, ClientOut, NewClientIn};
use super::super::wire::list::List;
use super::examples::TENANT;
use super::{id, paged};
use crate::http::openapi::{Group, delete, get, post, put, schema};

pub(super) fn group() -> Group {
    Group {
        name: "Clients",
        about: "API clients: programs that call this service. Nobody creates, changes, disables or deletes a client that has more scopes than their own token.",
        path: id("The client's id."),
        operations: vec![
            paged(
                get("/api/2/clients", "listClients", "Lists the clients of a tenant")
                    .query("tenant_id", schema::id(), "The tenant; missing: the caller's own.")
                    .such_as(TENANT),
            )
            .answers::<List<ClientOut>>(200, "A page of clients.", Value::Null)
            .refuses(404),
            post("/api/2/clients", "createClient", "Creates a client")
                .about("The answer has the secret, this once.")
                .takes::<NewClientIn>(json!({
                    "type": "agent",
                    "tenant_id": TENANT,
                    "data": { "client_name": "Billing" },
                    "scopes": ["account_read", "usage_write"],
                }))
                .answers::<ClientOut>(201, "The client, with its secret.", Value::Null)
                .tagged()
                .refuses(404),
            get("/api/2/clients/{id}", "readClient", "Reads a client")
                .about("A client may read itself without a scope: so it learns its `tenant_id`. Others need `clients`.")
                .answers::<ClientOut>(200, "The client.", Value::Null)
                .tagged()
                .cached()
                .refuses(403),
            put("/api/2/clients/{id}", "updateClient", "Changes a client")
                .takes::<ClientIn>(json!({ "status": "disabled", "version": 1 }))
                .answers::<ClientOut>(200, "The client, its version one higher.", Value::Null)
                .tagged()
                .conditional(),
            delete("/api/2/clients/{id}", "deleteClient", "Deletes a client")
                .about("Its tokens end at once.")
                .query("version", schema::version(), "The current version; missing: none in particular.")
                .such_as(1)
                .answers_nothing(204, "It is deleted.")
                .conditional(),
        ],
    }
}
