//! Access tokens: RS256 JWTs, short-lived, checked as RFC 8725 asks (algorithm pinned, issuer,
//! audience, type and times checked, keys only from our own keyring).

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::Env;
use super::access::{Caller, Context};
use super::error::{Error, What};
use crate::domain::client::{ApiScope, ApiScopes, Client, SecretHash};
use crate::domain::ids::{ClientId, TenantId, UserId};
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::store::Found;
use crate::store::engine::Changes;

/// The audience of every token: this API and no other.
const AUDIENCE: &str = "upsell-api";

/// Longer than any token made here; a longer one is refused unread.
const MAX_TOKEN_BYTES: usize = 4096;

/// A token that speaks for one user may do no more than this.
const USER_SCOPES: [ApiScope; 2] = [ApiScope::AlertsRead, ApiScope::AlertsWrite];

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The client, or the user for a user's token.
    sub: Uuid,
    client_id: Uuid,
    tenant_id: Uuid,
    scope: String,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
}

/// A token just issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The compact JWT.
    pub access_token: String,
    /// How long it lives, in seconds.
    pub expires_in_s: u64,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What it allows.
    pub scopes: ApiScopes,
}

/// Why no token is issued; OAuth 2 has a word for each (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRefused {
    /// Unknown client, wrong secret, or disabled, be it the client, its tenant or a tenant above; not told
    /// apart.
    InvalidClient,
    /// The scope asked for is unknown, more than the client has, or nothing that a user's token may
    /// have.
    InvalidScope(String),
    /// The user to speak for is not within the client's reach, or is disabled, or a tenant above is.
    InvalidUser,
    /// The store failed, or something inside.
    Failed(Error),
}

impl From<Error> for TokenRefused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRequest<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// Proves it.
    pub client_secret: &'a str,
    /// Fewer scopes than the client has; `None`: all of them.
    pub scope: Option<&'a str>,
    /// Speak for this user only, with alert scopes only: for pages in the user's browser.
    pub user_id: Option<UserId>,
}

/// The hash under which a secret is kept.
#[must_use]
pub fn hash_secret(secret: &str) -> SecretHash {
    SecretHash(Sha256::digest(secret.as_bytes()).into())
}

/// Issues a token to a client (OAuth 2 client credentials grant).
///
/// # Errors
/// See [`TokenRefused`].
pub async fn issue(
    env: &Env,
    request: TokenRequest<'_>,
    now: Timestamp,
) -> Result<Issued, TokenRefused> {
    let client = authenticate(env, request.client_id, request.client_secret).await?;
    let mut scopes = match request.scope.map(ApiScopes::parse) {
        None => client.scopes,
        Some(Ok(asked)) if client.scopes.contains(asked) => asked,
        Some(Ok(_)) => {
            let why = format!("the client has only: {}", client.scopes);
            return Err(TokenRefused::InvalidScope(why));
        }
        Some(Err(unknown)) => return Err(TokenRefused::InvalidScope(unknown.to_string())),
    };
    if let Some(user) = request.user_id {
        let of_users = ApiScopes::of(&USER_SCOPES);
        scopes = scopes.and(of_users);
        if scopes == ApiScopes::default() {
            let why =
                format!("nothing of it is left for a user's token, which may have: {of_users}");
            return Err(TokenRefused::InvalidScope(why));
        }
        let caller = &caller_of(&client, scopes);
        match (Context { env, caller, now }).user(user).await {
            Ok((user, tenant)) if user.enabled && is_open(env, &tenant).await? => {}
            Ok(_) | Err(Error::NotFound(_)) => return Err(TokenRefused::InvalidUser),
            Err(error) => return Err(TokenRefused::Failed(error)),
        }
    }
    Ok(sign(env, &client, scopes, request.user_id, now)?)
}

fn caller_of(client: &Client, scopes: ApiScopes) -> Caller {
    Caller::of_client(client.id, client.tenant_id, scopes)
}

/// Whether a tenant and all above it are enabled.
async fn is_open(env: &Env, tenant: &Tenant) -> Result<bool, Error> {
    let above = tenant.ancestors.iter().copied();
    let found = env.store.load_many::<Tenant>(above).await?;
    let above_are = found
        .iter()
        .all(|found| found.as_ref().is_some_and(|tenant| tenant.enabled));
    Ok(tenant.enabled && above_are)
}

/// The client of these credentials, if they hold, the client is enabled, and so are its tenant and all
/// above.
async fn authenticate(env: &Env, id: &str, secret: &str) -> Result<Found<Client>, TokenRefused> {
    // An unknown client costs the same hash and comparison as a known one.
    let given = hash_secret(secret).0;
    let found = match id.parse::<ClientId>() {
        Ok(id) => env.store.client(id).await.map_err(Error::from)?,
        Err(_) => None,
    };
    let kept = found
        .as_ref()
        .map_or([0; 32], |client| client.secret_hash.0);
    let equal = bool::from(given.ct_eq(&kept));
    let client = found
        .filter(|client| equal && client.enabled)
        .ok_or(TokenRefused::InvalidClient)?;
    let tenant = env.store.tenant(client.tenant_id).await;
    match tenant.map_err(Error::from)? {
        Some(tenant) if is_open(env, &tenant).await? => Ok(client),
        _ => Err(TokenRefused::InvalidClient),
    }
}

fn sign(
    env: &Env,
    client: &Client,
    scopes: ApiScopes,
    user: Option<UserId>,
    now: Timestamp,
) -> Result<Issued, Error> {
    let keyring = env.keyring.load();
    let key = keyring.token_signer();
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(key.kid().to_owned());
    let expires_at = now.plus(env.settings.token_ttl);
    let claims = Claims {
        iss: issuer(env),
        aud: AUDIENCE.to_owned(),
        sub: user.map_or(client.id.uuid(), UserId::uuid),
        client_id: client.id.uuid(),
        tenant_id: client.tenant_id.uuid(),
        scope: scopes.to_string(),
        iat: now.secs(),
        exp: expires_at.secs(),
        jti: Uuid::new_v4().to_string(),
        user_id: user.map(UserId::uuid),
    };
    let failed = |why: &str| Error::Internal(format!("signing a token: {why}"));
    let pem = key
        .pkcs8_pem()
        .ok_or_else(|| failed("the key is damaged"))?;
    let signer = EncodingKey::from_rsa_pem(pem.as_bytes());
    let signer = signer.map_err(|error| failed(&error.to_string()))?;
    let token = jsonwebtoken::encode(&header, &claims, &signer);
    let access_token = token.map_err(|error| failed(&error.to_string()))?;
    let expires_in_s = env.settings.token_ttl.as_secs();
    Ok(Issued {
        access_token,
        expires_in_s,
        expires_at,
        scopes,
    })
}

/// What the name of every issuer of this deployment ends with.
const ISSUER_PATH: &str = "/api/2/idp";

/// The issuer that tokens name.
#[must_use]
pub fn issuer(env: &Env) -> String {
    format!("{}{ISSUER_PATH}", env.settings.public_url)
}

/// A token whose signature, issuer, audience and time hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Names the token.
    pub id: String,
    /// The client that got it.
    pub client_id: ClientId,
    /// The subtree it reaches.
    pub root: TenantId,
    /// What it allows.
    pub scopes: ApiScopes,
    /// The one user it speaks for, if it does.
    pub user: Option<UserId>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Checks what a token says of itself; no store is asked. `None`: not a token of ours, or expired.
#[must_use]
pub fn verify(env: &Env, token: &str, now: Timestamp) -> Option<Verified> {
    verify_signature(env, token).filter(|token| now < token.expires_at)
}

/// As [`verify`], but for an expired token too. `None`: not a token of ours.
#[must_use]
pub fn verify_signature(env: &Env, token: &str) -> Option<Verified> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let header = decode_header(token).ok()?;
    // Keys that a token brings along are what RFC 8725 §3.10 warns of.
    let brings_keys = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some();
    if header.alg != Algorithm::RS256 || brings_keys || header.typ.as_deref() != Some("JWT") {
        return None;
    }
    let keyring = env.keyring.load();
    let kid = header.kid.as_deref()?;
    let key = keyring
        .token_public_keys()
        .into_iter()
        .find(|key| key.kid == kid)?;
    let verifier = DecodingKey::from_rsa_components(key.n, key.e).ok()?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Checked by the caller, against the clock that was handed in.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, &verifier, &validation).ok()?.claims;
    // The key proves that this deployment issued it. Its address may have been another one then, or that
    // of another node: a change of `listen` or `public_url` ends no token.
    if !claims.iss.ends_with(ISSUER_PATH) {
        return None;
    }
    let expires_at = Timestamp::from_secs(claims.exp);
    Some(Verified {
        id: claims.jti,
        client_id: ClientId::new(claims.client_id),
        root: TenantId::new(claims.tenant_id),
        // A scope that is gone since the token was issued is simply not there any more.
        scopes: ApiScopes::parse(&claims.scope).ok()?,
        user: claims.user_id.map(UserId::new),
        issued_at: Timestamp::from_secs(claims.iat),
        expires_at,
    })
}

/// The caller behind a verified token; `None` where the token was revoked, its client is gone, disabled or
/// has lost scopes, the user it speaks for is gone or disabled, or a tenant above either is disabled.
///
/// # Errors
/// The store failed.
pub async fn caller(env: &Env, token: &Verified) -> Result<Option<Caller>, Error> {
    let client = env.store.client(token.client_id).await?;
    let fits = |client: &Found<Client>| client.enabled && client.tenant_id == token.root;
    let Some(client) = client.filter(fits) else {
        return Ok(None);
    };
    let tenant_id = match token.user {
        None => client.tenant_id,
        Some(id) => match env.store.user(id).await? {
            Some(user) if user.enabled => user.tenant_id,
            _ => return Ok(None),
        },
    };
    let Some(tenant) = env.store.tenant(tenant_id).await? else {
        return Ok(None);
    };
    if env.store.is_revoked(&token.id).await? || !is_open(env, &tenant).await? {
        return Ok(None);
    }
    Ok(Some(Caller {
        subject: token.user.map_or(client.id.uuid(), UserId::uuid),
        user: token.user,
        ..caller_of(&client, token.scopes.and(client.scopes))
    }))
}

/// Ends a token before its time (RFC 7009). Only the client that got it may; a token that is not
/// valid is over already.
///
/// # Errors
/// Wrong credentials, or the store failed.
pub async fn revoke(
    env: &Env,
    credentials: (&str, &str),
    token: &str,
    now: Timestamp,
) -> Result<(), TokenRefused> {
    let client = authenticate(env, credentials.0, credentials.1).await?;
    let Some(token) = verify(env, token, now).filter(|token| token.client_id == client.id) else {
        return Ok(());
    };
    let mut changes = Changes::new();
    changes.revoke_token(&token.id, token.expires_at);
    env.store.commit(changes).await.map_err(Error::from)?;
    Ok(())
}

/// What a token is (RFC 7662), for a client that may know: one whose subtree holds the token's.
///
/// # Errors
/// Wrong credentials, or the store failed.
pub async fn introspect(
    env: &Env,
    credentials: (&str, &str),
    token: &str,
    now: Timestamp,
) -> Result<Option<Verified>, TokenRefused> {
    let client = authenticate(env, credentials.0, credentials.1).await?;
    let Some(token) = verify(env, token, now) else {
        return Ok(None);
    };
    let reader = &caller_of(&client, client.scopes);
    let cx = Context {
        env,
        caller: reader,
        now,
    };
    match cx.tenant(token.root).await {
        Ok(_) => Ok(caller(env, &token).await?.map(|_| token)),
        Err(Error::NotFound(What::Tenant)) => Ok(None),
        Err(error) => Err(TokenRefused::Failed(error)),
    }
}
