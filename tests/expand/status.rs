//! An enum without data: the name of its variant.

pub mod derived {
    use ::etag_core::Versioned;

    #[derive(Versioned)]
    #[serde(rename_all = "lowercase")]
    pub enum Status {
        Active,
        #[serde(rename = "gone")]
        Retired,
    }
}

pub mod pasted {
    pub enum Status {
        Active,
        Retired,
    }

    #[automatically_derived]
    impl ::etag_core::Versioned for Status {
        /// State: one of `active`, `gone`.
        fn describe<D: ::etag_core::Describe<Self>>(status: &mut D) {
            status.unit("active", |status| ::core::matches!(status, Self::Active));
            status.unit("gone", |status| ::core::matches!(status, Self::Retired));
        }
    }
}
