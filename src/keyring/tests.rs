//! Behaviour of the keyring and its file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

pub(super) fn fresh() -> (TempDir, PathBuf, Keyring) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("keys.json");
    let keyring = Keyring::create(&path, NOW).unwrap();
    (dir, path, keyring)
}

pub(super) fn stored(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn verifies(key: PublicTokenKey<'_>, message: &[u8], signature: &[u8]) -> bool {
    let n = URL_SAFE_NO_PAD.decode(key.n).unwrap();
    let e = URL_SAFE_NO_PAD.decode(key.e).unwrap();
    let public = RsaPublicKeyComponents { n, e };
    public
        .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
        .is_ok()
}

#[test]
fn what_was_created_is_loaded() {
    let (_dir, path, created) = fresh();
    let loaded = Keyring::load(&path).unwrap();
    assert_eq!(loaded.link_signer(), created.link_signer());
    assert_eq!(loaded.token_public_keys(), created.token_public_keys());
    let sealed = created.seal(b"tenant", "smtp_password", b"geheim").unwrap();
    assert_eq!(
        *loaded.open(b"tenant", "smtp_password", &sealed).unwrap(),
        b"geheim"
    );
    let signature = loaded.token_signer().sign(b"message").unwrap();
    assert!(verifies(
        created.token_public_keys()[0],
        b"message",
        &signature
    ));
    assert!(!verifies(
        created.token_public_keys()[0],
        b"massage",
        &signature
    ));
}

#[test]
fn two_keyrings_share_no_key() {
    let (_dir, _, one) = fresh();
    let (_dir, _, other) = fresh();
    assert_ne!(one.link_signer().1, other.link_signer().1);
    assert_ne!(one.link_signer().1, one.keys.sealing.newest().bytes());
    assert_ne!(one.token_signer().kid(), other.token_signer().kid());
    let sealed = one.seal(b"t", "f", b"x").unwrap();
    assert_eq!(
        other.open(b"t", "f", &sealed).unwrap_err(),
        SealError::Refused
    );
}

#[test]
fn only_the_owner_reads_the_file_and_nothing_else_remains() {
    let (dir, path, mut keyring) = fresh();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    for (set, kept) in [(0o640, 0o640), (0o644, 0o640), (0o600, 0o600)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(set)).unwrap();
        keyring.rotate(KeyKind::Sealing, NOW).unwrap();
        assert_eq!(mode(), kept);
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn create_leaves_an_existing_file_as_it_is() {
    let (dir, path, _) = fresh();
    let before = fs::read(&path).unwrap();
    assert!(matches!(
        Keyring::create(&path, NOW),
        Err(KeyringError::AlreadyExists { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_missing_file_or_directory_is_said_so() {
    let dir = TempDir::new().unwrap();
    let error = Keyring::load(&dir.path().join("keys.json")).unwrap_err();
    assert!(matches!(error, KeyringError::Missing { .. }), "{error:?}");
    let error = Keyring::create(&dir.path().join("none/keys.json"), NOW).unwrap_err();
    assert!(matches!(error, KeyringError::Io { .. }), "{error:?}");
}

#[test]
fn a_sealed_secret_opens_only_where_it_belongs() {
    let (_dir, _, keyring) = fresh();
    let sealed = keyring
        .seal(b"tenant-1", "smtp_password", b"geheim")
        .unwrap();
    assert!(!sealed.contains("geheim"));
    assert_ne!(
        sealed,
        keyring
            .seal(b"tenant-1", "smtp_password", b"geheim")
            .unwrap()
    );
    for (tenant, field) in [
        (&b"tenant-2"[..], "smtp_password"),
        (b"tenant-1", "client_secret"),
        (b"tenant-1smtp", "_password"),
        (b"", "tenant-1smtp_password"),
    ] {
        assert_eq!(
            keyring.open(tenant, field, &sealed).unwrap_err(),
            SealError::Refused
        );
    }
    assert!(keyring.seal(b"t", "f", b"").is_ok_and(|sealed| {
        keyring
            .open(b"t", "f", &sealed)
            .is_ok_and(|plain| plain.is_empty())
    }));
}

#[test]
fn every_change_of_a_sealed_secret_is_refused() {
    let (_dir, _, keyring) = fresh();
    let sealed = keyring.seal(b"t", "f", b"geheim").unwrap();
    for index in 0..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(keyring.open(b"t", "f", &changed).is_err(), "{changed}");
        assert!(
            keyring.open(b"t", "f", &sealed[..index]).is_err(),
            "cut at {index}"
        );
    }
    assert!(keyring.open(b"t", "f", &format!("{sealed}A")).is_err());
    for bad in [
        "",
        "s1",
        "s1.",
        "s1.1.",
        "s1.1.AAAA",
        "s2.1.AAAA",
        "s1.256.AAAA",
        "geheim",
    ] {
        assert_eq!(
            keyring.open(b"t", "f", bad).unwrap_err(),
            SealError::Malformed,
            "{bad:?}"
        );
    }
}

#[test]
fn the_key_id_is_bound_into_a_sealed_secret() {
    let (_dir, path, mut keyring) = fresh();
    keyring.rotate(KeyKind::Sealing, NOW).unwrap();
    let mut json = stored(&path);
    let key = json["sealing"][1]["key"].clone();
    json["sealing"][0]["key"] = key;
    fs::write(&path, json.to_string()).unwrap();
    // Both ids now name the same key: still one cannot stand for the other.
    let keyring = Keyring::load(&path).unwrap();
    let sealed = keyring.seal(b"t", "f", b"x").unwrap();
    let renamed = sealed.replacen("s1.2.", "s1.1.", 1);
    assert_ne!(sealed, renamed);
    assert_eq!(
        keyring.open(b"t", "f", &renamed).unwrap_err(),
        SealError::Refused
    );
}

#[test]
fn after_rotation_the_new_signs_and_the_old_verifies_until_retired() {
    let (_dir, path, mut keyring) = fresh();
    let (old_link, old_link_key) = (keyring.link_signer().0, *keyring.link_signer().1);
    let old_sealed = keyring.seal(b"t", "f", b"x").unwrap();
    let old_token = keyring.token_signer().clone();

    assert_eq!(keyring.rotate(KeyKind::LinkSigning, NOW).unwrap(), "2");
    assert_eq!(keyring.rotate(KeyKind::Sealing, NOW).unwrap(), "2");
    let kid = keyring.rotate(KeyKind::TokenSigning, NOW).unwrap();

    let mut keyring = Keyring::load(&path).unwrap();
    assert_eq!(keyring.link_signer().0, 2);
    assert_ne!(keyring.link_signer().1, &old_link_key);
    assert_eq!(keyring.link_key(old_link), Some(&old_link_key));
    assert_eq!(keyring.link_key(3), None);
    assert_eq!(*keyring.open(b"t", "f", &old_sealed).unwrap(), b"x");
    assert!(old_sealed.starts_with("s1.1."));
    let new_sealed = keyring.seal(b"t", "f", b"x").unwrap();
    assert!(new_sealed.starts_with("s1.2."));
    assert_eq!(keyring.token_signer().kid(), kid);
    let kids: Vec<_> = keyring
        .token_public_keys()
        .iter()
        .map(|key| key.kid.to_owned())
        .collect();
    assert_eq!(kids, [kid.as_str(), old_token.kid()]);

    keyring.retire(KeyKind::LinkSigning, "1").unwrap();
    keyring.retire(KeyKind::Sealing, "1").unwrap();
    keyring
        .retire(KeyKind::TokenSigning, old_token.kid())
        .unwrap();
    let keyring = Keyring::load(&path).unwrap();
    assert_eq!(keyring.link_key(old_link), None);
    let refused = keyring.open(b"t", "f", &old_sealed).unwrap_err();
    assert_eq!(refused, SealError::UnknownKey { key_id: 1 });
    assert_eq!(keyring.token_public_keys().len(), 1);
}

#[test]
fn the_signing_key_and_unknown_keys_are_not_retired() {
    let (_dir, path, mut keyring) = fresh();
    let before = fs::read(&path).unwrap();
    for kind in [
        KeyKind::LinkSigning,
        KeyKind::Sealing,
        KeyKind::TokenSigning,
    ] {
        let newest = keyring.key_ids(kind).pop().unwrap();
        assert!(matches!(
            keyring.retire(kind, &newest),
            Err(KeyringError::InUse { .. })
        ));
        assert!(matches!(
            keyring.retire(kind, "99"),
            Err(KeyringError::UnknownKey { .. })
        ));
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn keys_of_a_kind_are_bounded_and_ids_wrap_around() {
    let (_dir, path, _) = fresh();
    let mut json = stored(&path);
    json["link_signing"][0]["id"] = json!(255);
    fs::write(&path, json.to_string()).unwrap();
    let mut keyring = Keyring::load(&path).unwrap();
    assert_eq!(keyring.rotate(KeyKind::LinkSigning, NOW).unwrap(), "0");
    for _ in 2..MAX_KEYS_OF_A_KIND {
        keyring.rotate(KeyKind::LinkSigning, NOW).unwrap();
    }
    let full = keyring.rotate(KeyKind::LinkSigning, NOW);
    assert!(matches!(
        full,
        Err(KeyringError::TooMany(KeyKind::LinkSigning))
    ));
    assert_eq!(
        Keyring::load(&path)
            .unwrap()
            .key_ids(KeyKind::LinkSigning)
            .len(),
        16
    );
}

#[test]
fn a_failed_rotation_changes_nothing() {
    let (dir, _, mut keyring) = fresh();
    drop(dir);
    let before = keyring.key_ids(KeyKind::LinkSigning);
    assert!(matches!(
        keyring.rotate(KeyKind::LinkSigning, NOW),
        Err(KeyringError::Io { .. })
    ));
    assert_eq!(keyring.key_ids(KeyKind::LinkSigning), before);
    assert_eq!(keyring.link_signer().0, 1);
}

#[test]
fn debug_shows_no_secret() {
    let (_dir, path, keyring) = fresh();
    let json = stored(&path);
    let shown = format!("{keyring:?} {:?}", keyring.token_signer());
    for secret in [
        &json["link_signing"][0]["key"],
        &json["sealing"][0]["key"],
        &json["token_signing"][0]["pkcs8"],
    ] {
        assert!(!shown.contains(secret.as_str().unwrap()));
    }
    let bytes = format!("{:?}", keyring.link_signer().1);
    assert!(!shown.contains(&bytes[1..bytes.len() - 1]));
    assert!(shown.contains(keyring.token_signer().kid()));
}

#[test]
fn the_pem_signs_tokens_that_the_public_half_verifies() {
    let (_dir, _, keyring) = fresh();
    let key = keyring.token_signer();
    let pem = key.pkcs8_pem().unwrap();
    assert!(pem.lines().all(|line| line.len() <= 64));
    let signing = jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    header.kid = Some(key.kid().to_owned());
    let claims = json!({ "sub": "client", "exp": 4_102_444_800_u64 });
    let token = jsonwebtoken::encode(&header, &claims, &signing).unwrap();
    let PublicTokenKey { n, e, .. } = key.public();
    assert_eq!(e, "AQAB");
    let verifying = jsonwebtoken::DecodingKey::from_rsa_components(n, e).unwrap();
    let validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    let decoded = jsonwebtoken::decode::<Value>(&token, &verifying, &validation).unwrap();
    assert_eq!(decoded.claims, claims);
    let (message, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(
        key.sign(message.as_bytes()).unwrap(),
        URL_SAFE_NO_PAD.decode(signature).unwrap()
    );
}
