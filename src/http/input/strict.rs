//! Reads wire forms as they are meant: objects from objects only.
//!
//! What serde derives for a struct also reads it from an array, field by field in the order of
//! their declaration. That order is no part of any contract, so such arrays are refused here. And
//! what serde expects is said in words for people, not in the names of Rust types.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};

/// A deserializer, made strict at every level.
pub(super) struct Strict<D>(pub(super) D);

/// What a place of a wire form takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    /// Whatever its visitor takes.
    Any,
    Flag,
    /// A whole number from 0 to this.
    Whole(u64),
    /// A whole number, perhaps below 0.
    Integer,
    Text,
    List,
    Object,
}

struct Checked<V> {
    expects: Expects,
    visitor: V,
}

impl<V> Checked<V> {
    fn takes(&self, offered: Expects) -> bool {
        self.expects == Expects::Any || self.expects == offered
    }
}

impl<'de, V: Visitor<'de>> Checked<V> {
    fn refuse<E: Error>(&self, offered: Unexpected<'_>) -> Result<V::Value, E> {
        Err(E::invalid_type(offered, self))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Checked<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expects {
            Expects::Any => self.visitor.expecting(f),
            Expects::Flag => f.write_str("true or false"),
            Expects::Whole(max) => write!(f, "a whole number from 0 to {max}"),
            Expects::Integer => f.write_str("a whole number"),
            Expects::Text => f.write_str("a text"),
            Expects::List => f.write_str("a list"),
            Expects::Object => f.write_str("an object"),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        if !self.takes(Expects::Flag) {
            return self.refuse(Unexpected::Bool(value));
        }
        self.visitor.visit_bool(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        match self.expects {
            Expects::Whole(max) if value <= max => self.visitor.visit_u64(value),
            Expects::Integer if i64::try_from(value).is_err() => {
                self.refuse(Unexpected::Unsigned(value))
            }
            Expects::Any | Expects::Integer => self.visitor.visit_u64(value),
            _ => self.refuse(Unexpected::Unsigned(value)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        if !self.takes(Expects::Integer) {
            return self.refuse(Unexpected::Signed(value));
        }
        self.visitor.visit_i64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        if self.expects != Expects::Any {
            return self.refuse(Unexpected::Float(value));
        }
        self.visitor.visit_f64(value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        if !self.takes(Expects::Text) {
            return self.refuse(Unexpected::Str(text));
        }
        self.visitor.visit_str(text)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        if !self.takes(Expects::Text) {
            return self.refuse(Unexpected::Str(text));
        }
        self.visitor.visit_borrowed_str(text)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<V::Value, E> {
        if !self.takes(Expects::Text) {
            return self.refuse(Unexpected::Str(&text));
        }
        self.visitor.visit_string(text)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        if self.expects != Expects::Any {
            return self.refuse(Unexpected::Unit);
        }
        self.visitor.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Strict(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Strict(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        if !self.takes(Expects::List) {
            return self.refuse(Unexpected::Seq);
        }
        self.visitor.visit_seq(Strict(seq))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        if !self.takes(Expects::Object) {
            return self.refuse(Unexpected::Map);
        }
        self.visitor.visit_map(Strict(map))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Strict<A> {
    type Error = A::Error;

    /// Keys are texts whatever reads them.
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.0.deserialize(Strict(inner))
    }
}

/// The name of a variant; the forms have no variants that hold more than their name.
struct Variant<V> {
    name: &'static str,
    variants: &'static [&'static str],
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Variant<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        let text: serde::de::value::StrDeserializer<'_, E> = text.into_deserializer();
        text.deserialize_enum(self.name, self.variants, self.visitor)
    }
}

/// Forwards the methods, expecting one thing each.
macro_rules! forward {
    ($($method:ident: $expects:expr,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            let expects = $expects;
            self.0.$method(Checked { expects, visitor })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    forward! {
        deserialize_any: Expects::Any,
        deserialize_bool: Expects::Flag,
        deserialize_i8: Expects::Any,
        deserialize_i16: Expects::Any,
        deserialize_i32: Expects::Any,
        deserialize_i64: Expects::Integer,
        deserialize_u8: Expects::Whole(u64::from(u8::MAX)),
        deserialize_u16: Expects::Whole(u64::from(u16::MAX)),
        deserialize_u32: Expects::Whole(u64::from(u32::MAX)),
        deserialize_u64: Expects::Whole(u64::MAX),
        deserialize_f32: Expects::Any,
        deserialize_f64: Expects::Any,
        deserialize_char: Expects::Text,
        deserialize_str: Expects::Text,
        deserialize_string: Expects::Text,
        deserialize_bytes: Expects::Any,
        deserialize_byte_buf: Expects::Any,
        deserialize_option: Expects::Any,
        deserialize_unit: Expects::Any,
        deserialize_seq: Expects::List,
        deserialize_map: Expects::Object,
        deserialize_identifier: Expects::Text,
        deserialize_ignored_any: Expects::Any,
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let expects = Expects::Any;
        self.0
            .deserialize_unit_struct(name, Checked { expects, visitor })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let expects = Expects::Any;
        self.0
            .deserialize_newtype_struct(name, Checked { expects, visitor })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let expects = Expects::List;
        self.0.deserialize_tuple(len, Checked { expects, visitor })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let expects = Expects::List;
        self.0
            .deserialize_tuple_struct(name, len, Checked { expects, visitor })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let expects = Expects::Object;
        self.0
            .deserialize_struct(name, fields, Checked { expects, visitor })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let variant = Variant {
            name,
            variants,
            visitor,
        };
        self.0.deserialize_str(variant)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

#[cfg(test)]
mod tests;
