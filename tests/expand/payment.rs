//! An enum with its content beside the tag, and a variant without either.

pub mod derived {
    use ::etag_core::Versioned;
    use ::std::{string::String, vec::Vec};

    #[derive(Versioned)]
    #[serde(tag = "kind", content = "data")]
    pub enum Payment {
        Cash,
        Card {
            number: String,
        },
        Transfer(String, u64),
        #[serde(untagged)]
        Other(Vec<u8>),
    }
}

pub mod pasted {
    use ::std::{string::String, vec::Vec};

    pub enum Payment {
        Cash,
        Card { number: String },
        Transfer(String, u64),
        Other(Vec<u8>),
    }

    #[automatically_derived]
    impl ::etag_core::Versioned for Payment {
        /// State: one of `Cash`, `Card`, `Transfer`, by `kind`. Untagged: `Other`.
        fn describe<D: ::etag_core::Describe<Self>>(payment: &mut D) {
            payment.when(
                |payment| ::core::matches!(payment, Self::Cash),
                |payment| {
                    payment.tag("kind", "Cash");
                },
            );
            payment.when(
                |payment| ::core::matches!(payment, Self::Card { .. }),
                |payment| {
                    payment.content("data", |payment| {
                        payment.case_member("number", |payment| match payment {
                            Self::Card { number } => ::core::option::Option::Some(number),
                            _ => ::core::option::Option::None,
                        });
                    });
                    payment.tag("kind", "Card");
                },
            );
            payment.when(
                |payment| ::core::matches!(payment, Self::Transfer(..)),
                |payment| {
                    payment.content("data", |payment| {
                        payment.case_element(|payment| match payment {
                            Self::Transfer(it, _) => ::core::option::Option::Some(it),
                            _ => ::core::option::Option::None,
                        });
                        payment.case_element(|payment| match payment {
                            Self::Transfer(_, it) => ::core::option::Option::Some(it),
                            _ => ::core::option::Option::None,
                        });
                    });
                    payment.tag("kind", "Transfer");
                },
            );
            payment.case_transparent(|payment| match payment {
                Self::Other(it) => ::core::option::Option::Some(it),
                _ => ::core::option::Option::None,
            });
        }
    }
}
