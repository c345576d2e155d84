//! Wire types that several dialects define alike. A dialect's `wire` calls these macros, so that each
//! type has the name that the dialect's part of the document gives it.

/// Defines the response and the request of one object.
///
/// Each field has its type in the response. After `=>` stands its type in the request, where it has
/// the same description and may be missing. A request's other fields stand in `only`.
macro_rules! resource {
    (
        $(#[$response_meta:meta])*
        response $response:ident;
        $(#[$request_meta:meta])*
        request $request:ident;
        $(
            #[$doc:meta]
            $(#[$shown_meta:meta])*
            $field:ident: $shown:ty $(=> $(#[$given_meta:meta])* $given:ty)?;
        )+
        $(only { $($only:tt)* })?
    ) => {
        $(#[$response_meta])*
        pub(crate) struct $response {
            $(
                #[$doc]
                $(#[$shown_meta])*
                pub(crate) $field: $shown,
            )+
        }

        $(#[$request_meta])*
        pub(crate) struct $request {
            $($(
                #[$doc]
                #[serde(default)]
                $(#[$given_meta])*
                pub(crate) $field: $given,
            )?)+
            $($($only)*)?
        }
    };
}

/// Defines what says where a list goes on: `paging! { Paging, Cursors }`.
macro_rules! paging {
    ($paging:ident, $cursors:ident) => {
        /// Where the list goes on.
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub(crate) struct $paging {
            /// The cursors.
            pub(crate) cursors: $cursors,
        }

        /// Where the list goes on: `after` is missing on the last page.
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub(crate) struct $cursors {
            /// Give it as `after` to get the next page.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false)]
            pub(crate) after: Option<String>,
        }

        impl From<Option<String>> for $paging {
            fn from(after: Option<String>) -> Self {
                Self {
                    cursors: $cursors { after },
                }
            }
        }
    };
}

pub(crate) use {paging, resource};
