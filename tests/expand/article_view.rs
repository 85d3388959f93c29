//! A view: each role on a member of its own.

#[derive(::etag_core::Versioned)]
pub struct Author(pub &'static str);

pub mod derived {
    use super::Author;
    use ::core::option::Option;
    use ::etag_core::{Timestamp, Versioned};
    use ::std::string::String;

    #[derive(Versioned)]
    pub struct ArticleView {
        #[versioned(id)]
        pub id: u64,
        pub title: String,
        #[versioned(variant)]
        pub author: Option<Author>,
        #[versioned(skip)]
        pub html: String,
        #[versioned(modified)]
        #[serde(rename = "updatedAt")]
        pub updated_at: Timestamp,
    }
}

pub mod pasted {
    use super::Author;
    use ::core::option::Option;
    use ::etag_core::Timestamp;
    use ::std::string::String;

    pub struct ArticleView {
        pub id: u64,
        pub title: String,
        pub author: Option<Author>,
        pub html: String,
        pub updated_at: Timestamp,
    }

    #[automatically_derived]
    impl ::etag_core::Versioned for ArticleView {
        /// State: `id`, `title`, `updatedAt`. Variant: `author`. In no tag: `html`.
        fn describe<D: ::etag_core::Describe<Self>>(article_view: &mut D) {
            article_view.variant("author", |article_view| &article_view.author);
            article_view.skip("html", |article_view| &article_view.html);
            article_view.id("id", |article_view| &article_view.id);
            article_view.member("title", |article_view| &article_view.title);
            article_view.modified("updatedAt", |article_view| &article_view.updated_at);
        }
    }
}
