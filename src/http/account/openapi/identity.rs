//! `/idp`, described.

use serde_json::{Value, json};

use super::super::wire::token::{
    AboutTokenForm, IssuerMetadata, KeySet, Nothing, TokenForm, TokenOut, TokenState,
};
use crate::http::openapi::{Group, get, post};

const FORM: &str = "application/x-www-form-urlencoded";

const ABOUT: &str = "OAuth 2 client credentials (RFC 6749 §4.4): an API client gets a token with its \
     id and secret. The token reaches the client's tenant and all below it.";

pub(super) fn group() -> Group {
    Group {
        name: "Identity",
        about: ABOUT,
        path: vec![],
        operations: vec![
            post("/api/2/idp/token", "issueToken", "Gets a token")
                .about("The client authenticates with HTTP Basic, or with `client_id` and `client_secret` in the form.")
                .takes_as::<TokenForm>(FORM, json!({ "grant_type": "client_credentials" }))
                .answers::<TokenOut>(200, "The token.", Value::Null)
                .refuses(401),
            post("/api/2/idp/revoke_token", "revokeToken", "Ends a token")
                .about("RFC 7009. A token that is not known, or another client's, is answered alike.")
                .takes_as::<AboutTokenForm>(FORM, json!({ "token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9" }))
                .answers::<Nothing>(200, "Done.", json!({}))
                .refuses(401),
            post("/api/2/idp/introspect_token",
                "introspectToken",
                "Says what is known of a token",
            )
            .about("RFC 7662.")
            .takes_as::<AboutTokenForm>(FORM, json!({ "token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9" }))
            .answers::<TokenState>(200, "What is known.", json!({ "active": false }))
            .refuses(401),
            get("/api/2/idp/keys", "listKeys", "The keys that verify tokens")
                .answers::<KeySet>(200, "The public keys.", Value::Null),
            get("/api/2/idp/.well-known/openid-configuration",
                "readIssuer",
                "Where everything of the issuer is",
            )
            .answers::<IssuerMetadata>(200, "The issuer's metadata.", Value::Null),
        ],
    }
}
