//! `/idp`: OAuth 2 client credentials (RFC 6749 §4.4), revocation (RFC 7009), introspection
//! (RFC 7662) and what verifies a token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::domain::client::ApiScope;
use crate::domain::ids::{ClientId, UserId};
use crate::http::account::wire::token::{
    AboutTokenRequest, IssuerResponse, KeyResponse, KeySetResponse, NothingResponse, TokenRequest,
    TokenResponse, TokenStateResponse,
};
use crate::http::dialect::OAuthError;
use crate::http::endpoint::{Answer, Endpoint, Parameter, PublicCall, Required, get, post};
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::message::{Head, Response};
use crate::http::output;
use crate::usecases::tokens::{self, TokenRefused};

/// The token endpoints are public because they take credentials of their own; the others publish
/// what verifies a token.
pub(super) fn endpoints() -> [Endpoint; 5] {
    let issue = post("/api/2/idp/token", "issueToken", "Gets a token").public().about(
        "The client authenticates with HTTP Basic, or with `client_id` and `client_secret` in the \
         form.",
    );
    let issue = issue
        .takes_form::<TokenRequest>(json!({ "grant_type": "client_credentials" }))
        .refuses(401)
        .answers::<TokenResponse>(200, "The token.")
        .to(token);
    let example = json!({ "token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9" });
    let end = post("/api/2/idp/revoke_token", "revokeToken", "Ends a token")
        .public()
        .about("RFC 7009. A token that is not known, or another client's, is answered alike.");
    let end = end
        .takes_form::<AboutTokenRequest>(example.clone())
        .refuses(401)
        .answers::<NothingResponse>(200, "Done.")
        .such_as(json!({}))
        .to(revoke);
    let path = "/api/2/idp/introspect_token";
    let look_into = post(path, "introspectToken", "Says what is known of a token")
        .public()
        .about("RFC 7662.");
    let look_into = look_into
        .takes_form::<AboutTokenRequest>(example)
        .refuses(401)
        .answers::<TokenStateResponse>(200, "What is known.")
        .such_as(json!({ "active": false }))
        .to(introspect);
    let keys = get("/api/2/idp/keys", "listKeys", "The keys that verify tokens")
        .public()
        .answers::<KeySetResponse>(200, "The public keys.")
        .to(keys);
    let path = "/api/2/idp/.well-known/openid-configuration";
    let issuer = get(path, "readIssuer", "Where everything of the issuer is")
        .public()
        .answers::<IssuerResponse>(200, "The issuer's metadata.")
        .to(configuration);
    [issue, end, look_into, keys, issuer]
}

/// Who asks, and what proves it.
#[derive(Debug, PartialEq, Eq)]
struct Credentials {
    id: String,
    secret: String,
}

/// An error in the words of RFC 6749 §5.2.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    OAuth(&'static str, String),
    Api(ApiError),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<TokenRefused> for Refusal {
    fn from(refused: TokenRefused) -> Self {
        match refused {
            TokenRefused::InvalidClient => invalid_client("the client or its secret is wrong"),
            TokenRefused::InvalidScope(why) => Self::OAuth("invalid_scope", why),
            TokenRefused::InvalidUser => {
                let why = "user_id: no such user within the client's reach, or it is disabled, or a \
                           tenant above it is";
                Self::OAuth("invalid_request", why.to_owned())
            }
            TokenRefused::Failed(error) => Self::Api(error.into()),
        }
    }
}

fn invalid_client(why: &str) -> Refusal {
    Refusal::OAuth("invalid_client", why.to_owned())
}

fn answer<T: Serialize>(done: Result<T, Refusal>) -> Answer {
    match done {
        Ok(body) => Ok(output::ok(&body)),
        Err(Refusal::OAuth(code, why)) => Ok(refused(code, why)),
        Err(Refusal::Api(error)) => Err(error),
    }
}

fn refused(code: &'static str, why: String) -> Response {
    let unknown = code == "invalid_client";
    let status = if unknown {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::BAD_REQUEST
    };
    let body = OAuthError {
        error: code,
        error_description: why,
    };
    let mut response = output::json(status, &body);
    if unknown {
        let basic = HeaderValue::from_static("Basic realm=\"upsell\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, basic);
    }
    response
}

/// The form of a request. One without a body lacks every parameter (RFC 6749 §5.2), and has no
/// media type to be wrong.
fn form_of(call: &PublicCall) -> Result<Params, ApiError> {
    if call.request.body.is_empty() {
        return Ok(Params::default());
    }
    Params::of_form(&call.request)
}

/// HTTP Basic, or `client_id` and `client_secret` in the form; never both (RFC 6749 §2.3).
fn credentials(head: &Head, form: &Params) -> Result<Credentials, Refusal> {
    let in_form = (form.get("client_id"), form.get("client_secret"));
    let mut headers = head.headers.get_all(AUTHORIZATION).iter();
    match (headers.next(), headers.next(), in_form) {
        (None, _, (Some(id), Some(secret))) => Ok(Credentials {
            id: id.to_owned(),
            secret: secret.to_owned(),
        }),
        (Some(value), None, (_, None)) => basic(value)
            .filter(|found| form.get("client_id").is_none_or(|id| id == found.id))
            .ok_or_else(|| invalid_client("send \"Authorization: Basic base64(id:secret)\"")),
        (None, _, _) => Err(invalid_client(
            "authenticate with HTTP Basic, or send client_id and client_secret in the form",
        )),
        (Some(_), ..) => Err(Refusal::OAuth(
            "invalid_request",
            "authenticate in one way only".to_owned(),
        )),
    }
}

fn basic(value: &HeaderValue) -> Option<Credentials> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some(Credentials {
        id: id.to_owned(),
        secret: secret.to_owned(),
    })
}

/// Does `work`, which begins with the secret of the client, unless there were too many wrong ones.
async fn log_in<T>(
    call: &PublicCall,
    client_id: &str,
    work: impl Future<Output = Result<T, TokenRefused>>,
) -> Result<T, Refusal> {
    let (metrics, head) = (&call.env.metrics, call.head());
    // An id can be spelled in several ways, which are one client.
    let client_id = client_id
        .parse::<ClientId>()
        .map_or_else(|_| client_id.to_owned(), |id| id.to_string());
    let attempt = call.rate_limits.log_in(metrics, &client_id, head)?;
    let done = work.await;
    match &done {
        Err(TokenRefused::InvalidClient) => attempt.failed(),
        // Whether the secret was right is not known.
        Err(TokenRefused::Failed(_)) => {}
        Ok(_) | Err(_) => attempt.succeeded(),
    }
    Ok(done?)
}

async fn token(call: PublicCall) -> Answer {
    answer(issue(&call).await)
}

async fn issue(call: &PublicCall) -> Result<TokenResponse, Refusal> {
    let form = form_of(call)?;
    match form.get("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            let why = "only client_credentials is supported".to_owned();
            return Err(Refusal::OAuth("unsupported_grant_type", why));
        }
        None => {
            let why = "grant_type: the parameter is required".to_owned();
            return Err(Refusal::OAuth("invalid_request", why));
        }
    }
    let Credentials { id, secret } = credentials(call.head(), &form)?;
    let request = tokens::TokenRequest {
        client_id: &id,
        client_secret: &secret,
        scope: form.get("scope").filter(|scope| !scope.trim().is_empty()),
        user_id: Parameter::read("user_id", form.get("user_id"))?,
    };
    let issued = tokens::issue(&call.env, request, call.now());
    let issued = log_in(call, &id, issued).await?;
    Ok(TokenResponse {
        access_token: issued.access_token,
        expires_in: issued.expires_in_s,
        expires_on: issued.expires_at.secs(),
        scope: issued.scopes.to_string(),
        token_type: "bearer",
    })
}

/// The form of a request about a token: who asks, and the token.
fn about_token(call: &PublicCall) -> Result<(Credentials, String), Refusal> {
    let form = form_of(call)?;
    let credentials = credentials(call.head(), &form)?;
    let Required::<String>(token) = Parameter::read("token", form.get("token"))?;
    Ok((credentials, token))
}

async fn revoke(call: PublicCall) -> Answer {
    answer(end(&call).await)
}

async fn end(call: &PublicCall) -> Result<NothingResponse, Refusal> {
    let (who, token) = about_token(call)?;
    let revoked = tokens::revoke(&call.env, (&who.id, &who.secret), &token, call.now());
    log_in(call, &who.id, revoked).await?;
    Ok(NothingResponse {})
}

async fn introspect(call: PublicCall) -> Answer {
    answer(look_into(&call).await)
}

async fn look_into(call: &PublicCall) -> Result<TokenStateResponse, Refusal> {
    let (who, token) = about_token(call)?;
    let found = tokens::introspect(&call.env, (&who.id, &who.secret), &token, call.now());
    let found = log_in(call, &who.id, found).await?;
    let Some(token) = found else {
        return Ok(TokenStateResponse::default());
    };
    let subject = token.user.map_or(token.client_id.uuid(), UserId::uuid);
    Ok(TokenStateResponse {
        active: true,
        client_id: Some(token.client_id.to_string()),
        exp: Some(token.expires_at.secs()),
        iat: Some(token.issued_at.secs()),
        iss: Some(tokens::issuer(&call.env)),
        jti: Some(token.id),
        scope: Some(token.scopes.to_string()),
        sub: Some(subject.hyphenated().to_string()),
        tenant_id: Some(token.root.to_string()),
        token_type: Some("bearer"),
    })
}

/// The public keys that verify tokens (RFC 7517).
async fn keys(call: PublicCall) -> Answer {
    let keyring = call.env.keyring.load();
    let keys = keyring.token_public_keys().into_iter();
    let keys = keys.map(|key| KeyResponse {
        alg: "RS256",
        e: key.e.to_string(),
        kid: key.kid.to_string(),
        kty: "RSA",
        n: key.n.to_string(),
        usage: "sig",
    });
    Ok(output::ok(&KeySetResponse {
        keys: keys.collect(),
    }))
}

/// Where everything of the issuer is (OpenID Connect Discovery 1.0 §4, RFC 8414).
async fn configuration(call: PublicCall) -> Answer {
    let issuer = tokens::issuer(&call.env);
    let methods = ["client_secret_basic", "client_secret_post"];
    Ok(output::ok(&IssuerResponse {
        grant_types_supported: ["client_credentials"],
        id_token_signing_alg_values_supported: ["RS256"],
        introspection_endpoint: format!("{issuer}/introspect_token"),
        introspection_endpoint_auth_methods_supported: methods,
        jwks_uri: format!("{issuer}/keys"),
        response_types_supported: [],
        revocation_endpoint: format!("{issuer}/revoke_token"),
        revocation_endpoint_auth_methods_supported: methods,
        scopes_supported: ApiScope::ALL.map(ApiScope::name).to_vec(),
        subject_types_supported: ["public"],
        token_endpoint: format!("{issuer}/token"),
        token_endpoint_auth_methods_supported: methods,
        issuer,
    }))
}
