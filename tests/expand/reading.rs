//! A tuple struct: an array.

#[derive(::serde::Serialize)]
pub struct Unit {
    pub name: &'static str,
}

pub mod derived {
    use super::Unit;
    use ::core::option::Option;
    use ::etag_core::Versioned;

    #[derive(Versioned)]
    pub struct Reading(
        pub f64,
        #[versioned(serde)] pub Unit,
        #[serde(skip)] pub (),
        #[serde(skip_serializing_if = "Option::is_none")] pub Option<u8>,
    );
}

pub mod pasted {
    use super::Unit;
    use ::core::option::Option;

    pub struct Reading(pub f64, pub Unit, pub (), pub Option<u8>);

    #[automatically_derived]
    impl ::etag_core::Versioned for Reading {
        /// State: `0`, `1`, `3`. Not sent: `2`.
        fn describe<D: ::etag_core::Describe<Self>>(reading: &mut D) {
            reading.element(|reading| &reading.0);
            reading.serde_element(|reading| &reading.1);
            reading.when(
                |reading| !Option::is_none(&reading.3),
                |reading| {
                    reading.element(|reading| &reading.3);
                },
            );
        }
    }
}
