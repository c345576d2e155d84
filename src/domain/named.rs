//! Macro for enums whose values have names on the wire or in stored forms.

/// Defines an enum with a name for each value, and `ALL`, `name` and `from_name`.
macro_rules! named {
    ($(#[$meta:meta])* pub enum $kind:ident {
        $($(#[$value_meta:meta])* $value:ident = $name:literal,)+
    }) => {
        $(#[$meta])*
        pub enum $kind {
            $($(#[$value_meta])* $value,)+
        }

        impl $kind {
            /// All of them, in the order of their declaration.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$value),+];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }

            /// What has that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.name() == name)
            }
        }
    };
}

pub(crate) use named;
