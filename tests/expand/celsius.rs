//! A type that is sent as another one.

#[derive(::etag_core::Versioned)]
pub struct Degrees {
    pub degrees: f64,
    pub unit: &'static str,
}

pub mod derived {
    use super::Degrees;
    use ::core::{clone::Clone, convert::From};
    use ::etag_core::Versioned;

    #[derive(Clone, Versioned)]
    #[serde(into = "Degrees")]
    pub struct Celsius(pub f64);

    impl From<Celsius> for Degrees {
        fn from(celsius: Celsius) -> Self {
            Self { degrees: celsius.0, unit: "C" }
        }
    }
}

pub mod pasted {
    use super::Degrees;
    use ::core::{clone::Clone, convert::From};

    #[derive(Clone)]
    pub struct Celsius(pub f64);

    impl From<Celsius> for Degrees {
        fn from(celsius: Celsius) -> Self {
            Self { degrees: celsius.0, unit: "C" }
        }
    }

    #[automatically_derived]
    impl ::etag_core::Versioned for Celsius {
        /// State: that of the `Degrees` it is converted into.
        fn describe<D: ::etag_core::Describe<Self>>(celsius: &mut D) {
            celsius
                .into(|celsius| ::core::convert::Into::<Degrees>::into(::core::clone::Clone::clone(celsius)));
        }
    }
}
