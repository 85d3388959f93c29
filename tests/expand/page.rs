//! A generic struct: bounds on the parameters that its members use.

pub mod derived {
    use ::core::clone::Clone;
    use ::core::iter::Iterator;
    use ::core::option::Option;
    use ::etag_core::Versioned;
    use ::std::vec::Vec;

    #[derive(Versioned)]
    pub struct Page<'a, T: Clone, I, S = u8, const N: usize = 1>
    where
        I: Iterator,
    {
        pub name: &'a str,
        pub items: Vec<[T; N]>,
        pub next: Option<I::Item>,
        #[versioned(serde)]
        pub foreign: S,
    }
}

pub mod pasted {
    use ::core::clone::Clone;
    use ::core::iter::Iterator;
    use ::core::option::Option;
    use ::std::vec::Vec;

    pub struct Page<'a, T: Clone, I, S = u8, const N: usize = 1>
    where
        I: Iterator,
    {
        pub name: &'a str,
        pub items: Vec<[T; N]>,
        pub next: Option<I::Item>,
        pub foreign: S,
    }

    #[automatically_derived]
    impl<T, I, S, const N: usize> ::etag_core::Versioned for Page<'_, T, I, S, N>
    where
        I: Iterator,
        T: Clone + ::etag_core::Versioned,
        I::Item: ::etag_core::Versioned,
        S: ::etag_core::Serialize,
    {
        /// State: `foreign`, `items`, `name`, `next`.
        fn describe<D: ::etag_core::Describe<Self>>(page: &mut D) {
            page.serde("foreign", |page| &page.foreign);
            page.items("items", |page| &page.items);
            page.member("name", |page| &page.name);
            page.member("next", |page| &page.next);
        }
    }
}
