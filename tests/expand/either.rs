//! An enum that is one of two things, untagged.

pub mod derived {
    use ::etag_core::Versioned;

    #[derive(Versioned)]
    #[serde(untagged)]
    pub enum Either<L, R> {
        Left(L),
        Right { right: R },
    }
}

pub mod pasted {

    pub enum Either<L, R> {
        Left(L),
        Right { right: R },
    }

    #[automatically_derived]
    impl<L, R> ::etag_core::Versioned for Either<L, R>
    where
        L: ::etag_core::Versioned,
        R: ::etag_core::Versioned,
    {
        /// State: one of `Left`, `Right`, untagged.
        fn describe<D: ::etag_core::Describe<Self>>(either: &mut D) {
            either.case_transparent(|either| match either {
                Self::Left(it) => ::core::option::Option::Some(it),
                Self::Right { .. } => ::core::option::Option::None,
            });
            either.when(
                |either| ::core::matches!(either, Self::Right { .. }),
                |either| {
                    either.case_member("right", |either| match either {
                        Self::Right { right } => ::core::option::Option::Some(right),
                        Self::Left(..) => ::core::option::Option::None,
                    });
                },
            );
        }
    }
}
