//! An enum, each kind of variant, told apart as serde does without a word.

pub mod derived {
    use ::core::option::Option;
    use ::etag_core::Versioned;
    use ::std::string::String;

    #[derive(Versioned)]
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub enum Event {
        Started,
        Failed(String),
        Moved(i64, i64),
        Sold {
            old_owner: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            to: Option<String>,
        },
        #[serde(skip)]
        Internal,
    }
}

pub mod pasted {
    use ::core::option::Option;
    use ::std::string::String;

    pub enum Event {
        Started,
        Failed(String),
        Moved(i64, i64),
        Sold { old_owner: String, to: Option<String> },
        Internal,
    }

    #[automatically_derived]
    impl ::etag_core::Versioned for Event {
        /// State: one of `started`, `failed`, `moved`, `sold`. Not sent: `Internal`.
        fn describe<D: ::etag_core::Describe<Self>>(event: &mut D) {
            event.unit("started", |event| ::core::matches!(event, Self::Started));
            event.case_member("failed", |event| match event {
                Self::Failed(it) => ::core::option::Option::Some(it),
                _ => ::core::option::Option::None,
            });
            event.when(
                |event| ::core::matches!(event, Self::Moved(..)),
                |event| {
                    event.content("moved", |event| {
                        event.case_element(|event| match event {
                            Self::Moved(it, _) => ::core::option::Option::Some(it),
                            _ => ::core::option::Option::None,
                        });
                        event.case_element(|event| match event {
                            Self::Moved(_, it) => ::core::option::Option::Some(it),
                            _ => ::core::option::Option::None,
                        });
                    });
                },
            );
            event.when(
                |event| ::core::matches!(event, Self::Sold { .. }),
                |event| {
                    event.content("sold", |event| {
                        event.case_member("oldOwner", |event| match event {
                            Self::Sold { old_owner, .. } => ::core::option::Option::Some(old_owner),
                            _ => ::core::option::Option::None,
                        });
                        event.case_member_unless("to", |event| match event {
                            Self::Sold { to, .. } if !Option::is_none(to) => ::core::option::Option::Some(to),
                            _ => ::core::option::Option::None,
                        });
                    });
                },
            );
            event.unsent(|event| ::core::matches!(event, Self::Internal));
        }
    }
}
