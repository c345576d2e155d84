//! What the keyring says of files that are damaged, cut, or of another version.

use std::fs;

use serde_json::{Value, json};

use super::tests::{fresh, stored};
use super::*;

/// A change to the file, and what the error must say.
type Damage = (fn(&mut Value), &'static str);

#[test]
fn damage_is_named_without_showing_a_secret() {
    let damages: [Damage; 12] = [
        (
            |json| json["surprise"] = json!(1),
            "unknown field `surprise`",
        ),
        (
            |json| json["sealing"][0]["extra"] = json!("x"),
            "unknown field `extra`",
        ),
        (
            |json| drop(json.as_object_mut().unwrap().remove("sealing")),
            "missing field `sealing`",
        ),
        (|json| json["sealing"] = json!([]), "no sealing key"),
        (|json| json["format"] = json!(0), "no format 0"),
        (
            |json| json["link_signing"][0]["id"] = json!("s3cr3t"),
            "wrong type",
        ),
        (
            |json| json["link_signing"][0]["id"] = json!(256),
            "wrong type",
        ),
        (
            |json| json["link_signing"][0]["key"] = json!("s3cr3t"),
            "link-signing key 1 is not 32",
        ),
        (
            |json| json["sealing"][0]["key"] = json!("czNjcjN0"),
            "sealing key 1 is not 32 bytes",
        ),
        (
            |json| json["token_signing"][0]["pkcs8"] = json!("czNjcjN0"),
            "not an RSA key",
        ),
        (
            |json| json["token_signing"][0]["kid"] = json!("other"),
            "thumbprint",
        ),
        (
            |json| {
                let key = json["link_signing"][0].clone();
                json["link_signing"].as_array_mut().unwrap().push(key);
            },
            "link-signing key 1 is there twice",
        ),
    ];
    let (_dir, path, _) = fresh();
    let whole = stored(&path);
    for (damage, expected) in damages {
        let mut json = whole.clone();
        damage(&mut json);
        fs::write(&path, json.to_string()).unwrap();
        let error = Keyring::load(&path).unwrap_err();
        assert!(matches!(error, KeyringError::Damaged { .. }), "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(expected), "{shown}");
        assert!(
            !shown.contains("s3cr3t") && !shown.contains("czNjcjN0"),
            "{shown}"
        );
    }
}

#[test]
fn cut_binary_huge_and_newer_files_are_refused() {
    let (_dir, path, _) = fresh();
    let text = fs::read_to_string(&path).unwrap();
    for length in (0..text.len() - 2).step_by(97) {
        fs::write(&path, &text[..length]).unwrap();
        assert!(
            matches!(Keyring::load(&path), Err(KeyringError::Damaged { .. })),
            "{length}"
        );
    }
    for bad in [vec![0xFF; 10], vec![b' '; 2 * 1024 * 1024], b"[]".to_vec()] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(
            Keyring::load(&path),
            Err(KeyringError::Damaged { .. })
        ));
    }
    fs::write(&path, r#"{"format": 2, "anything": []}"#).unwrap();
    let error = Keyring::load(&path).unwrap_err();
    assert!(
        matches!(
            error,
            KeyringError::NewerFormat {
                found: 2,
                supported: 1,
                ..
            }
        ),
        "{error:?}"
    );
}
