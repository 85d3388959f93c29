//! A newtype: what it wraps.

pub mod derived {
    use ::etag_core::Versioned;

    #[derive(Versioned)]
    pub struct Meters(pub f64);
}

pub mod pasted {
    pub struct Meters(pub f64);

    #[automatically_derived]
    impl ::etag_core::Versioned for Meters {
        /// State: `0`.
        fn describe<D: ::etag_core::Describe<Self>>(meters: &mut D) {
            meters.transparent(|meters| &meters.0);
        }
    }
}
