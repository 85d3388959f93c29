//! What each shape of type expands to, word for word.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{flat, tokens};
use crate::derive::derive;

#[track_caller]
fn assert_expands(input: &str, expected: &str) {
    assert_eq!(flat(derive(tokens(input))), flat(tokens(expected)));
}

#[test]
fn object() {
    assert_expands(
        r#"
        #[versioned(epoch = 2, embed = "etag")]
        pub struct ArticleView {
            #[versioned(id)] pub id: u64,
            pub title: String,
            #[serde(flatten)] inner: Inner,
            #[versioned(variant)] #[serde(skip_serializing_if = "Option::is_none")] pub author: Option<Author>,
            #[versioned(skip)] pub html: String,
            #[versioned(modified)] #[serde(rename = "updatedAt")] pub updated_at: Timestamp,
            #[versioned(revision)] #[serde(skip)] revision: u64,
            #[versioned(serde)] point: Point,
            #[serde(skip_serializing, default)] cache: Cache,
        }"#,
        r#"
        #[automatically_derived]
        impl ::etag_core::Versioned for ArticleView {
            /// State: `id`, `point`, `title`, `updatedAt`. Variant: `author`. In no tag: `html`. Flattened: `inner`. Shows the tag: `etag`. Not sent: `revision`, `cache`.
            fn describe<D: ::etag_core::Describe<Self>>(article_view: &mut D) {
                article_view.epoch(2);
                article_view.flatten(|article_view| &article_view.inner);
                article_view.variant_unless("author", |article_view| Option::is_none(&article_view.author), |article_view| &article_view.author);
                article_view.embed("etag");
                article_view.skip("html", |article_view| &article_view.html);
                article_view.id("id", |article_view| &article_view.id);
                article_view.serde("point", |article_view| &article_view.point);
                article_view.member("title", |article_view| &article_view.title);
                article_view.modified("updatedAt", |article_view| &article_view.updated_at);
                article_view.unsent_revision(|article_view| &article_view.revision);
            }
        }"#,
    );
}

/// What is stored is no envelope, whatever its members are called.
#[test]
fn envelope() {
    let line = |input: &str| {
        let expansion = flat(derive(tokens(input)));
        let verbs = ["page.items(", "page.member(", "page.skip(", "page.items_unless("];
        let has = |verb: &&&str| expansion.replace(' ', "").contains(&format!("{verb}\"items\""));
        verbs.iter().find(has).copied()
    };
    assert_eq!(line("struct Page<T> { items: Vec<T>, total: u64 }"), Some("page.items("));
    assert_eq!(line(r#"struct Page<T> { #[serde(rename = "items")] found: Vec<T> }"#), Some("page.items("));
    assert_eq!(line(r#"struct Page<T> { #[serde(rename = "found")] items: Vec<T> }"#), None);
    assert_eq!(line("struct Page<T> { #[versioned(skip)] items: Vec<T>, total: u64 }"), Some("page.skip("));
    assert_eq!(
        line(r#"struct Page<T> { #[serde(skip_serializing_if = "Vec::is_empty")] items: Vec<T> }"#),
        Some("page.items_unless(")
    );
    assert_eq!(
        line("#[versioned(store = Database)] struct Page { #[versioned(id)] id: u64, items: Vec<u64> }"),
        Some("page.member(")
    );
}

#[test]
fn names_are_escaped_and_in_utf_16_order() {
    assert_expands(
        r#"
        #[serde(rename_all = "camelCase")]
        struct Type {
            #[serde(rename = "\u{fb33}")] hebrew: u64,
            #[serde(rename = "\u{1f600}")] smiley: u64,
            #[serde(rename(serialize = "a\"\n\u{1}\u{7f}/", deserialize = "b"))] escaped: u64,
            r#type: u64,
            two_words: u64,
        }"#,
        r#"
        #[automatically_derived]
        impl ::etag_core::Versioned for Type {
            #[doc = " State: `a\"\n\u{1}\u{7f}/`, `twoWords`, `type`, `\u{1f600}`, `\u{fb33}`."]
            fn describe<D: ::etag_core::Describe<Self>>(r#type: &mut D) {
                r#type.member("a\\\"\\n\\u0001\u{7f}/", |r#type| &r#type.escaped);
                r#type.member("twoWords", |r#type| &r#type.two_words);
                r#type.member("type", |r#type| &r#type.r#type);
                r#type.member("\u{1f600}", |r#type| &r#type.smiley);
                r#type.member("\u{fb33}", |r#type| &r#type.hebrew);
            }
        }"#,
    );
}

#[test]
fn tuples_newtypes_and_transparent_structs() {
    assert_expands(
        "struct Point(f64, #[serde(skip)] bool, #[versioned(serde)] Foreign);",
        r"
        #[automatically_derived]
        impl ::etag_core::Versioned for Point {
            /// State: `0`, `2`. Not sent: `1`.
            fn describe<D: ::etag_core::Describe<Self>>(point: &mut D) {
                point.element(|point| &point.0);
                point.serde_element(|point| &point.2);
            }
        }",
    );
    assert_expands(
        "struct HTMLPage(String);",
        r"
        #[automatically_derived]
        impl ::etag_core::Versioned for HTMLPage {
            /// State: `0`.
            fn describe<D: ::etag_core::Describe<Self>>(html_page: &mut D) {
                html_page.transparent(|html_page| &html_page.0);
            }
        }",
    );
    assert_expands(
        "#[serde(transparent)] struct _Meters<D> { unit: PhantomData<D>, #[versioned(serde)] value: Foreign }",
        r"
        #[automatically_derived]
        impl<D> ::etag_core::Versioned for _Meters<D> {
            /// State: `value`.
            fn describe<D2: ::etag_core::Describe<Self>>(meters: &mut D2) {
                meters.serde_transparent(|meters| &meters.value);
            }
        }",
    );
}

#[test]
fn enum_without_data() {
    assert_expands(
        r#"
        #[serde(rename_all = "SCREAMING-KEBAB-CASE")]
        enum Status { Active, #[serde(rename = "gone")] Retired, VeryNew, #[serde(skip)] Internal(u8) }"#,
        r#"
        #[automatically_derived]
        impl ::etag_core::Versioned for Status {
            /// State: one of `ACTIVE`, `gone`, `VERY-NEW`. Not sent: `Internal`.
            fn describe<D: ::etag_core::Describe<Self>>(status: &mut D) {
                status.unit("ACTIVE", |status| ::core::matches!(status, Self::Active));
                status.unit("gone", |status| ::core::matches!(status, Self::Retired));
                status.unit("VERY-NEW", |status| ::core::matches!(status, Self::VeryNew));
                status.unsent(|status| ::core::matches!(status, Self::Internal(..)));
            }
        }"#,
    );
}

#[test]
fn generics() {
    assert_expands(
        r#"
        struct Page<'a, T: Clone, I, S = String, U = u8, const N: usize = 1>
        where
            I: Iterator,
            I::Item: Clone,
        {
            name: &'a str,
            items: Vec<[T; N]>,
            next: Option<I::Item>,
            last: <I as Iterator>::Item,
            #[versioned(serde)] foreign: Foreign<S>,
            #[versioned(modified)] #[serde(skip)] at: T,
            #[serde(skip)] unsent: U,
        }"#,
        r#"
        #[automatically_derived]
        impl<T, I, S, U, const N: usize> ::etag_core::Versioned for Page<'_, T, I, S, U, N>
        where
            I: Iterator,
            I::Item: Clone + ::etag_core::Versioned,
            T: Clone + ::etag_core::Versioned + ::etag_core::Modified,
            <I as Iterator>::Item: ::etag_core::Versioned,
            S: ::etag_core::Serialize,
        {
            /// State: `foreign`, `items`, `last`, `name`, `next`. Not sent: `at`, `unsent`.
            fn describe<D: ::etag_core::Describe<Self>>(page: &mut D) {
                page.serde("foreign", |page| &page.foreign);
                page.items("items", |page| &page.items);
                page.member("last", |page| &page.last);
                page.member("name", |page| &page.name);
                page.member("next", |page| &page.next);
                page.unsent_modified(|page| &page.at);
            }
        }"#,
    );
}

#[test]
fn bounds_and_crate_as_written() {
    assert_expands(
        r#"#[versioned(bound = "T: Foo, ", crate = "crate::vendored")] struct Boxed<T> { value: Box<T> }"#,
        r#"
        #[automatically_derived]
        impl<T> crate::vendored::Versioned for Boxed<T> where T: Foo, {
            /// State: `value`.
            fn describe<D: crate::vendored::Describe<Self>>(boxed: &mut D) {
                boxed.member("value", |boxed| &boxed.value);
            }
        }"#,
    );
    // The reader would be what its own bound names.
    assert_expands(
        r#"#[versioned(crate = "D")] struct Article { title: String }"#,
        r#"
        #[automatically_derived]
        impl D::Versioned for Article {
            /// State: `title`.
            fn describe<D2: D::Describe<Self>>(article: &mut D2) {
                article.member("title", |article| &article.title);
            }
        }"#,
    );
    assert_expands(
        r#"#[versioned(bound = "")] struct Boxed<T> { value: Box<T> }"#,
        r#"
        #[automatically_derived]
        impl<T> ::etag_core::Versioned for Boxed<T> {
            /// State: `value`.
            fn describe<D: ::etag_core::Describe<Self>>(boxed: &mut D) {
                boxed.member("value", |boxed| &boxed.value);
            }
        }"#,
    );
}

#[test]
fn stored_type() {
    assert_expands(
        r#"
        #[versioned(store = Database, collection = "assets", authorize = "Owners<A, B>")]
        #[versioned(if_match = "optional", wildcard = "refuse", query = "etag", create = "put, ignore-if-match")]
        #[versioned(replay = "accept", tolerate = "intermediaries", cache_control = "no-store", vary = "Accept", keyed)]
        struct Asset {
            #[versioned(id)] #[serde(skip)] tenant: String,
            #[versioned(id = "asset_id")] id: Uuid,
            #[versioned(revision)] #[serde(skip)] revision: u64,
            #[versioned(modified)] version_date: Timestamp,
        }"#,
        r#"
        #[automatically_derived]
        impl ::etag_core::Versioned for Asset {
            /// State: `id`, `version_date`. Not sent: `tenant`, `revision`.
            fn describe<D: ::etag_core::Describe<Self>>(asset: &mut D) {
                asset.cache_control("no-store");
                asset.vary("Accept");
                asset.keyed();
                asset.id("id", |asset| &asset.id);
                asset.modified("version_date", |asset| &asset.version_date);
                asset.unsent_revision(|asset| &asset.revision);
            }
        }
        #[automatically_derived]
        impl ::etag_core::Resource for Asset {
            type Key = (String, Uuid);
            type Store = Database;
            type Policy = Owners<A, B>;
            const COLLECTION: &'static ::core::primitive::str = "assets";
            const PARAMETERS: &'static [&'static ::core::primitive::str] = &["tenant", "asset_id"];
            const MEMBERS: &'static [&'static ::core::primitive::str] = &["", "id"];
            const QUERY: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some("etag");
            const IF_MATCH: ::etag_core::IfMatch = ::etag_core::IfMatch::Optional;
            const WILDCARD: ::etag_core::Wildcard = ::etag_core::Wildcard::Refuse;
            const CREATE: ::etag_core::Creation = ::etag_core::Creation::PutIgnoreIfMatch;
            const REPLAY: ::etag_core::Replay = ::etag_core::Replay::Accept;
            const TOLERATE: ::etag_core::Tolerate = ::etag_core::Tolerate::Intermediaries;
            fn key(&self) -> ::core::option::Option<Self::Key> {
                ::core::option::Option::Some((::core::clone::Clone::clone(&self.tenant), ::core::clone::Clone::clone(&self.id)))
            }
            fn set_key(&mut self, key: &Self::Key) {
                ::core::clone::Clone::clone_from(&mut self.tenant, &key.0);
                ::core::clone::Clone::clone_from(&mut self.id, &key.1);
            }
            fn stamp(&mut self, at: ::etag_core::Timestamp) {
                self.version_date = ::etag_core::Modified::from_stamp(at);
                self.revision = ::etag_core::Revision::from_stamp(at);
            }
        }"#,
    );
}

#[test]
fn stored_type_with_its_key_in_the_path() {
    assert_expands(
        "#[versioned(store = Database, key = (Uuid, u64))] struct Tags(BTreeMap<String, u64>);",
        r#"
        #[automatically_derived]
        impl ::etag_core::Versioned for Tags {
            /// State: `0`.
            fn describe<D: ::etag_core::Describe<Self>>(tags: &mut D) {
                tags.transparent(|tags| &tags.0);
            }
        }
        #[automatically_derived]
        impl ::etag_core::Resource for Tags {
            type Key = (Uuid, u64);
            type Store = Database;
            type Policy = ::etag_core::Anyone;
            const COLLECTION: &'static ::core::primitive::str = "Tags";
            const PARAMETERS: &'static [&'static ::core::primitive::str] = &[];
            const MEMBERS: &'static [&'static ::core::primitive::str] = &[];
            fn key(&self) -> ::core::option::Option<Self::Key> { ::core::option::Option::None }
            fn set_key(&mut self, _key: &Self::Key) {}
            fn stamp(&mut self, _at: ::etag_core::Timestamp) {}
        }"#,
    );
}

#[test]
fn unit_struct() {
    assert_expands(
        "struct Nothing;",
        r#"
        #[automatically_derived]
        impl ::etag_core::Versioned for Nothing {
            /// State: none.
            fn describe<D: ::etag_core::Describe<Self>>(nothing: &mut D) {
                nothing.leaf("null", |_, writer| writer.null());
            }
        }"#,
    );
}

/// What the attributes name is what it is elsewhere: no parameter and no local of the expansion.
#[test]
fn names_of_the_attributes_are_not_the_expansions() {
    assert_expands(
        r#"#[serde(into = "D < Vec < u8 > >")] struct Source(u8);"#,
        r"
        #[automatically_derived]
        impl ::etag_core::Versioned for Source {
            /// State: that of the `D < Vec < u8 > >` it is converted into.
            fn describe<D2: ::etag_core::Describe<Self>>(source: &mut D2) {
                source.into(|source| ::core::convert::Into::<D<Vec<u8> > >::into(::core::clone::Clone::clone(source)));
            }
        }",
    );
    assert_expands(
        r#"
        #[serde(untagged)]
        enum Event<'a> { #[serde(serialize_with = "D::<'a>::f")] Named { serializer: &'a u8 } }"#,
        r"
        #[automatically_derived]
        impl<'a> ::etag_core::Versioned for Event<'a> {
            /// State: one of `Named`, untagged.
            fn describe<D2: ::etag_core::Describe<Self>>(event: &mut D2) {
                event.when(|event| ::core::matches!(event, Self::Named { .. }), |event| {
                    event.with_transparent(|event, serializer2| {
                        let Self::Named { serializer: serializer } = event;
                        D::<'a>::f(serializer, serializer2)
                    });
                });
            }
        }",
    );
}

/// A pattern binds each field once, also where a constant parameter has its name.
#[test]
fn fields_that_are_named_like_constants_are_bound_by_their_numbers() {
    let input =
        r#"enum Event<const a: u8, const b: u8> { #[serde(serialize_with = "f")] Both { a: u8, b: u8 } }"#;
    let expansion = flat(derive(tokens(input)));
    let expected = "letSelf::Both{a:it_0,b:it_1}=event;f(it_0,it_1,serializer)";
    assert!(expansion.replace(' ', "").contains(expected), "{expansion}");
}

#[test]
fn documentation_of_a_type_prints_types_and_names_as_they_are_written() {
    let documented = |input: &str| {
        let expansion = flat(derive(tokens(input)));
        let (_, doc) = expansion.split_once("# [ doc = \" ").unwrap();
        doc.split('"').next().unwrap().to_owned()
    };
    let into = documented(r#"#[serde(into = " Vec<u8>\t")] struct A(u8);"#);
    assert_eq!(into, "State: that of the `Vec<u8>` it is converted into.");
    assert_eq!(documented("enum A { B, #[serde(skip)] r#C }"), "State: one of `B`. Not sent: `C`.");
}

#[test]
fn a_generic_revision_that_a_function_writes_outlives_everything() {
    let clause = |input: &str| {
        let expansion = flat(derive(tokens(input)));
        let (_, clause) = expansion.split_once(" where ").unwrap();
        clause.split(" {").next().unwrap().replace(' ', "")
    };
    let input = r#"struct A<T: Clone, U> { #[versioned(revision)] #[serde(with = "m")] a: T, #[versioned(modified)] #[serde(with = "m")] b: U }"#;
    assert_eq!(clause(input), "T:Clone+::etag_core::Revision+'static,U:::etag_core::Modified+'static,");
    let unsent = r#"struct A<T> { a: u8, #[versioned(revision)] #[serde(skip, with = "m")] b: T }"#;
    assert_eq!(clause(unsent), "T:::etag_core::Revision,");
}

/// A type that a macro was given is a group without delimiters.
#[test]
fn types_may_be_groups() {
    let grouped = |name: &str, ty: &str| {
        let group = Group::new(Delimiter::None, tokens(ty));
        let input = tokens(match name {
            "marker" => "#[serde(transparent)] struct A<T> { marker: TYPE, value: u8 }",
            _ => "#[versioned(store = Database, key = TYPE)] struct A { value: u8 }",
        });
        flat(derive(replaced(input, &group)))
    };
    let marked = grouped("marker", "PhantomData<T>");
    assert!(marked.contains("State: `value`."), "{marked}");
    assert!(!marked.contains("T : "), "{marked}");
    let singleton = grouped("key", "()");
    assert!(singleton.replace(' ', "").contains("Option::Some(())"), "{singleton}");
}

/// The tokens, with the group in place of each `TYPE`.
fn replaced(input: TokenStream, group: &Group) -> TokenStream {
    let each = input.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "TYPE" => TokenTree::Group(group.clone()),
        TokenTree::Group(outer) => {
            TokenTree::Group(Group::new(outer.delimiter(), replaced(outer.stream(), group)))
        }
        other => other,
    });
    each.collect()
}
