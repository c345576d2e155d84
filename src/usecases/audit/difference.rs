//! The difference between two states of a record, without secrets and within bounds.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Stands where a secret stood.
const MASK: &str = "***";

/// A thing before and after a change, as JSON objects.
pub(super) struct Sides {
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

impl Sides {
    /// The fields that differ, or all where there is one side only; `secrets` are masked. Masked
    /// last, so that a changed secret still counts as a difference.
    pub(super) fn differing(self, secrets: &[&str]) -> Self {
        let (mut before, mut after) = (self.before, self.after);
        if let (Some(Value::Object(old)), Some(Value::Object(new))) = (&mut before, &mut after) {
            drop_equal(old, new);
        }
        for side in [&mut before, &mut after].into_iter().flatten() {
            for path in secrets {
                mask(side, path);
            }
        }
        Self { before, after }
    }
}

/// Removes what is the same on both sides, within objects and within lists of objects too.
fn drop_equal(old: &mut Map<String, Value>, new: &mut Map<String, Value>) {
    let names: Vec<String> = old
        .keys()
        .filter(|name| new.contains_key(*name))
        .cloned()
        .collect();
    for name in names {
        let (Some(left), Some(right)) = (old.get_mut(&name), new.get_mut(&name)) else {
            continue;
        };
        if left == right {
            old.remove(&name);
            new.remove(&name);
            continue;
        }
        match (left, right) {
            (Value::Object(left), Value::Object(right)) => drop_equal(left, right),
            (Value::Array(left), Value::Array(right)) => drop_equal_objects(left, right),
            _ => {}
        }
    }
}

/// Of two lists, removes the objects that stand in both. Lists of plain values stay whole: half
/// of one would read like the whole of another.
fn drop_equal_objects(old: &mut Vec<Value>, new: &mut Vec<Value>) {
    if !old.iter().chain(new.iter()).all(Value::is_object) {
        return;
    }
    old.retain(|value| {
        let found = new.iter().position(|other| other == value);
        if let Some(index) = found {
            new.remove(index);
        }
        found.is_none()
    });
}

/// Masks the field at a dotted path; what is empty was no secret.
fn mask(value: &mut Value, path: &str) {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let Some(field) = value.get_mut(name) else {
        return;
    };
    match (rest, &mut *field) {
        (Some(rest), Value::Array(items)) => items.iter_mut().for_each(|item| mask(item, rest)),
        (Some(rest), _) => mask(field, rest),
        (None, Value::Null) => {}
        (None, Value::String(text)) if text.is_empty() => {}
        (None, _) => *field = Value::String(MASK.to_owned()),
    }
}

/// The text of an object, at most `max_bytes` long: what does not fit is named by size and hash.
pub(super) fn text(value: Value, max_bytes: usize) -> String {
    let whole = value.to_string();
    let Value::Object(fields) = value else {
        return whole;
    };
    if whole.len() <= max_bytes {
        return whole;
    }
    // Room for the digests of all fields, which are few: a stored form has no more than its struct.
    const DIGEST_BYTES: usize = 160;
    let mut room = max_bytes.saturating_sub(fields.len().saturating_mul(DIGEST_BYTES));
    let mut kept = Map::new();
    for (name, field) in fields {
        let bytes = field.to_string();
        let fits = bytes.len() <= room;
        room -= if fits { bytes.len() } else { 0 };
        let field = if fits {
            field
        } else {
            digest(bytes.as_bytes())
        };
        kept.insert(name, field);
    }
    Value::Object(kept).to_string()
}

/// What stands for bytes that are too many, or no text: `{"bytes":…,"sha256":"…"}`.
#[must_use]
pub fn digest(bytes: &[u8]) -> Value {
    let hash = Sha256::digest(bytes);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "bytes": bytes.len(), "sha256": hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing(before: Value, after: Value, secrets: &[&str]) -> (Value, Value) {
        let sides = Sides {
            before: Some(before),
            after: Some(after),
        };
        let sides = sides.differing(secrets);
        (sides.before.unwrap(), sides.after.unwrap())
    }

    #[test]
    fn only_what_differs_is_kept() {
        let found = differing(
            json!({"name": "a", "same": 1, "contact": {"city": "x", "zip": 1}, "gone": 2,
                   "kinds": ["a", "b"], "items": [{"id": 1, "v": 1}, {"id": 2, "v": 1}]}),
            json!({"name": "b", "same": 1, "contact": {"city": "y", "zip": 1}, "new": 3,
                   "kinds": ["a"], "items": [{"id": 1, "v": 2}, {"id": 2, "v": 1}]}),
            &[],
        );
        let before = json!({"name": "a", "contact": {"city": "x"}, "gone": 2,
                            "kinds": ["a", "b"], "items": [{"id": 1, "v": 1}]});
        let after = json!({"name": "b", "contact": {"city": "y"}, "new": 3,
                           "kinds": ["a"], "items": [{"id": 1, "v": 2}]});
        assert_eq!(found, (before, after));
    }

    #[test]
    fn secrets_are_masked_and_still_differ() {
        let secrets = ["smtp.password", "hash", "hooks.key"];
        let found = differing(
            json!({"smtp": {"password": "", "user": "u"}, "hash": [1, 2], "hooks": [{"key": "k"}]}),
            json!({"smtp": {"password": "canary", "user": "u"}, "hash": [1, 3], "hooks": []}),
            &secrets,
        );
        let before = json!({"smtp": {"password": ""}, "hash": "***", "hooks": [{"key": "***"}]});
        let after = json!({"smtp": {"password": "***"}, "hash": "***", "hooks": []});
        assert_eq!(found, (before, after));
        let created = Sides {
            before: None,
            after: Some(json!({"hash": "canary", "other": null})),
        };
        let created = created.differing(&secrets).after;
        assert_eq!(created, Some(json!({"hash": "***", "other": null})));
    }

    #[test]
    fn what_does_not_fit_is_named_by_size_and_hash() {
        let value = json!({"a": "x".repeat(5000), "b": 1, "c": "y".repeat(5000)});
        assert_eq!(text(value.clone(), 20_000), value.to_string());
        let short = text(value, 6000);
        assert!(short.len() <= 6000, "{}", short.len());
        let short: Value = serde_json::from_str(&short).unwrap();
        assert_eq!(short["a"], "x".repeat(5000));
        assert_eq!(short["b"], 1);
        assert_eq!(short["c"]["bytes"], 5002);
        assert_eq!(short["c"]["sha256"].as_str().unwrap().len(), 64);
    }
}
