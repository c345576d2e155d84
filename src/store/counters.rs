//! Counters of an engine, for metrics.

/// Declares the counters that an engine adds to, each with a method that reads it. They are
/// independent of each other, so a reader may see one ahead of another.
macro_rules! counters {
    (
        $(#[$about:meta])*
        pub struct $stats:ident {
            $($(#[$meaning:meta])* $name:ident: $atomic:ident as $number:ident,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Default)]
        pub struct $stats {
            $(pub(super) $name: $atomic,)+
        }

        impl $stats {
            $(
                $(#[$meaning])*
                #[must_use]
                pub fn $name(&self) -> $number {
                    self.$name.load(Relaxed)
                }
            )+
        }
    };
}
