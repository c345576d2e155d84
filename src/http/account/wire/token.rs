//! Tokens and what verifies them (RFC 6749, 7517, 7662, 8414).

use serde::Serialize;
use utoipa::ToSchema;

/// A token, as it is issued (RFC 6749 §5.1).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenResponse {
    /// The token: a JWT, signed with RS256.
    pub(crate) access_token: String,
    /// For how many seconds it holds.
    pub(crate) expires_in: u64,
    /// When it ends, in seconds since 1970.
    #[schema(value_type = u64)]
    pub(crate) expires_on: i64,
    /// Its scopes, parted by blanks.
    pub(crate) scope: String,
    /// Always `bearer`.
    pub(crate) token_type: &'static str,
}

/// What a token request says. The client authenticates with HTTP Basic or in this form, in one way
/// only (RFC 6749 §2.3).
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "forms are read parameter by parameter; this describes them"
)]
pub(crate) struct TokenRequest {
    /// Always `client_credentials`.
    #[schema(pattern = "^client_credentials$")]
    grant_type: String,
    /// Scopes, parted by blanks; missing: all that the client has.
    scope: Option<String>,
    /// A user within the client's reach: the token then speaks for that user.
    user_id: Option<uuid::Uuid>,
    /// The client's id, where there is no HTTP Basic.
    client_id: Option<String>,
    /// The client's secret, where there is no HTTP Basic.
    client_secret: Option<String>,
}

/// A question about a token. The client authenticates as for a token.
#[derive(ToSchema)]
#[schema(as = TokenQuestion)]
#[allow(
    dead_code,
    reason = "forms are read parameter by parameter; this describes them"
)]
pub(crate) struct AboutTokenRequest {
    /// The token.
    token: String,
    /// Not needed, and not looked at.
    token_type_hint: Option<String>,
    /// The client's id, where there is no HTTP Basic.
    client_id: Option<String>,
    /// The client's secret, where there is no HTTP Basic.
    client_secret: Option<String>,
}

/// What is known of a token (RFC 7662 §2.2); only `active` where it holds no more.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = TokenState)]
pub(crate) struct TokenStateResponse {
    /// Whether it holds.
    pub(crate) active: bool,
    /// The client that it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub(crate) client_id: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) exp: Option<i64>,
    /// When it was issued, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) iat: Option<i64>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) iss: Option<String>,
    /// Names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) jti: Option<String>,
    /// Its scopes, parted by blanks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) scope: Option<String>,
    /// Whom it speaks for: a client or a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub(crate) sub: Option<String>,
    /// It reaches this tenant and all below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub(crate) tenant_id: Option<String>,
    /// Always `bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) token_type: Option<&'static str>,
}

/// Done; there is nothing to say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Nothing)]
pub(crate) struct NothingResponse {}

/// The public keys that verify tokens (RFC 7517 §5).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeySet)]
pub(crate) struct KeySetResponse {
    /// The keys, the current one among them.
    pub(crate) keys: Vec<KeyResponse>,
}

/// A public RSA key (RFC 7517 §4, RFC 7518 §6.3.1).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyResponse {
    /// Always `RS256`.
    pub(crate) alg: &'static str,
    /// The exponent, in base64url.
    pub(crate) e: String,
    /// Names the key in the header of a token.
    pub(crate) kid: String,
    /// Always `RSA`.
    pub(crate) kty: &'static str,
    /// The modulus, in base64url.
    pub(crate) n: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub(crate) usage: &'static str,
}

/// Where everything of the issuer is (OpenID Connect Discovery 1.0 §3, RFC 8414 §2).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuerMetadata)]
pub(crate) struct IssuerResponse {
    /// Always `client_credentials`.
    pub(crate) grant_types_supported: [&'static str; 1],
    /// There are no id tokens; were there any, `RS256`.
    pub(crate) id_token_signing_alg_values_supported: [&'static str; 1],
    /// Where questions about tokens are answered.
    pub(crate) introspection_endpoint: String,
    /// How clients authenticate there.
    pub(crate) introspection_endpoint_auth_methods_supported: [&'static str; 2],
    /// The issuer, as tokens name it.
    pub(crate) issuer: String,
    /// Where the public keys are.
    pub(crate) jwks_uri: String,
    /// None: nobody logs in here.
    pub(crate) response_types_supported: [&'static str; 0],
    /// Where tokens are revoked.
    pub(crate) revocation_endpoint: String,
    /// How clients authenticate there.
    pub(crate) revocation_endpoint_auth_methods_supported: [&'static str; 2],
    /// The scopes of tokens.
    pub(crate) scopes_supported: Vec<&'static str>,
    /// Always `public`.
    pub(crate) subject_types_supported: [&'static str; 1],
    /// Where tokens come from.
    pub(crate) token_endpoint: String,
    /// How clients authenticate there.
    pub(crate) token_endpoint_auth_methods_supported: [&'static str; 2],
}
