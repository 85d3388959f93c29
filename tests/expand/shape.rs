//! An enum with a tag among its members.

#[derive(::etag_core::Versioned)]
pub struct Circle {
    pub radius: f64,
}

pub mod derived {
    use super::Circle;
    use ::etag_core::Versioned;

    #[derive(Versioned)]
    #[serde(tag = "type")]
    pub enum Shape {
        Point,
        Circle(Circle),
        Line { x: f64, y: f64 },
    }
}

pub mod pasted {
    use super::Circle;

    pub enum Shape {
        Point,
        Circle(Circle),
        Line { x: f64, y: f64 },
    }

    #[automatically_derived]
    impl ::etag_core::Versioned for Shape {
        /// State: one of `Point`, `Circle`, `Line`, by `type`.
        fn describe<D: ::etag_core::Describe<Self>>(shape: &mut D) {
            shape.when(
                |shape| ::core::matches!(shape, Self::Point),
                |shape| {
                    shape.tag("type", "Point");
                },
            );
            shape.when(
                |shape| ::core::matches!(shape, Self::Circle(..)),
                |shape| {
                    shape.case_newtype(|shape| match shape {
                        Self::Circle(it) => ::core::option::Option::Some(it),
                        _ => ::core::option::Option::None,
                    });
                    shape.tag("type", "Circle");
                },
            );
            shape.when(
                |shape| ::core::matches!(shape, Self::Line { .. }),
                |shape| {
                    shape.tag("type", "Line");
                    shape.case_member("x", |shape| match shape {
                        Self::Line { x, .. } => ::core::option::Option::Some(x),
                        _ => ::core::option::Option::None,
                    });
                    shape.case_member("y", |shape| match shape {
                        Self::Line { y, .. } => ::core::option::Option::Some(y),
                        _ => ::core::option::Option::None,
                    });
                },
            );
        }
    }
}
