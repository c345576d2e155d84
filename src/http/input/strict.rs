//! A strict deserializer for wire forms: objects from objects only.
//!
//! What serde derives for a struct also reads it from an array, field by field in the order of
//! their declaration. That order is no part of any contract, so such arrays are refused here. Error
//! messages say what to write in words for people, not in the names of Rust types.

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

/// Hands on each value that is expected where it stands.
macro_rules! visit {
    ($($method:ident($value:ident: $type:ty): $offered:expr => $unexpected:expr,)*) => {$(
        fn $method<E: Error>(self, $value: $type) -> Result<V::Value, E> {
            if !self.takes($offered) {
                return self.refuse($unexpected);
            }
            self.visitor.$method($value)
        }
    )*};
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

    visit! {
        visit_bool(value: bool): Expects::Flag => Unexpected::Bool(value),
        visit_i64(value: i64): Expects::Integer => Unexpected::Signed(value),
        visit_f64(value: f64): Expects::Any => Unexpected::Float(value),
        visit_str(text: &str): Expects::Text => Unexpected::Str(text),
        visit_borrowed_str(text: &'de str): Expects::Text => Unexpected::Str(text),
        visit_string(text: String): Expects::Text => Unexpected::Str(&text),
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
    ($($method:ident($($argument:ident: $type:ty),*): $expects:expr,)*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            let expects = $expects;
            self.0.$method($($argument,)* Checked { expects, visitor })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    forward! {
        deserialize_any(): Expects::Any,
        deserialize_bool(): Expects::Flag,
        deserialize_i8(): Expects::Any,
        deserialize_i16(): Expects::Any,
        deserialize_i32(): Expects::Any,
        deserialize_i64(): Expects::Integer,
        deserialize_u8(): Expects::Whole(u64::from(u8::MAX)),
        deserialize_u16(): Expects::Whole(u64::from(u16::MAX)),
        deserialize_u32(): Expects::Whole(u64::from(u32::MAX)),
        deserialize_u64(): Expects::Whole(u64::MAX),
        deserialize_f32(): Expects::Any,
        deserialize_f64(): Expects::Any,
        deserialize_char(): Expects::Text,
        deserialize_str(): Expects::Text,
        deserialize_string(): Expects::Text,
        deserialize_bytes(): Expects::Any,
        deserialize_byte_buf(): Expects::Any,
        deserialize_option(): Expects::Any,
        deserialize_unit(): Expects::Any,
        deserialize_seq(): Expects::List,
        deserialize_map(): Expects::Object,
        deserialize_identifier(): Expects::Text,
        deserialize_ignored_any(): Expects::Any,
        deserialize_unit_struct(name: &'static str): Expects::Any,
        deserialize_newtype_struct(name: &'static str): Expects::Any,
        deserialize_tuple(len: usize): Expects::List,
        deserialize_tuple_struct(name: &'static str, len: usize): Expects::List,
        deserialize_struct(name: &'static str, fields: &'static [&'static str]): Expects::Object,
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
