//! What each mistake is answered with.

use proc_macro2::TokenStream;

use super::{flat, messages, tokens};
use crate::derive::{caught, derive};
use crate::errors::{Errors, Refusal};
use crate::serde_attributes::{FieldKeys, TypeKeys, VariantKeys};

/// Each input, and the messages of its errors.
const REFUSALS: &[(&str, &[&str])] = &[
    (
        r#"#[versioned(sotre = X, create = "put")] struct A { a: u64 }"#,
        &[
            "unknown key `sotre` in `#[versioned(...)]`\n= help: did you mean `store`?\n= note: the type keys are `store`, `collection`, `authorize`, `key`, `epoch`, `if_match`, `wildcard`, `query`, `embed`, `create`, `replay`, `tolerate`, `collection_tag`, `cache_control`, `vary`, `keyed`, `bound`, `crate`",
        ],
    ),
    (
        r#"#[versioned(store = X)] struct A { #[versioned(ids)] a: u64 }"#,
        &[
            "unknown key `ids` in `#[versioned(...)]`\n= help: did you mean `id`?\n= note: the field keys are `id`, `revision`, `modified`, `variant`, `skip`, `serde`",
        ],
    ),
    (
        r#"#[versioned(sotre = X)] struct A { #[versioned(revison)] a: u64, #[versioned(foo)] b: u64 }"#,
        &[
            "unknown key `sotre` in `#[versioned(...)]`\n= help: did you mean `store`?\n= note: the type keys are `store`, `collection`, `authorize`, `key`, `epoch`, `if_match`, `wildcard`, `query`, `embed`, `create`, `replay`, `tolerate`, `collection_tag`, `cache_control`, `vary`, `keyed`, `bound`, `crate`",
            "unknown key `revison` in `#[versioned(...)]`\n= help: did you mean `revision`?\n= note: the field keys are `id`, `revision`, `modified`, `variant`, `skip`, `serde`",
            "unknown key `foo` in `#[versioned(...)]`\n= note: the field keys are `id`, `revision`, `modified`, `variant`, `skip`, `serde`",
        ],
    ),
    (
        r#"struct Article { #[versioned(store = Database)] a: u64 }"#,
        &["`store` belongs on the struct, not on a field\n= help: move it above `struct Article`"],
    ),
    (
        r#"pub struct Article { #[versioned(epoch = 2)] a: u64 }"#,
        &["`epoch` belongs on the struct, not on a field\n= help: move it above `pub struct Article`"],
    ),
    (
        r##"pub(crate) enum r#Event { A { #[versioned(store = Database)] a: u64 } }"##,
        &["`store` belongs on the enum, not on a field\n= help: move it above `pub(crate) enum Event`"],
    ),
    (
        r##"pub(in crate::a) struct A { #[versioned(epoch = 2)] a: u64 }"##,
        &["`epoch` belongs on the struct, not on a field\n= help: move it above `pub(in crate::a) struct A`"],
    ),
    (
        r#"#[versioned(id, serde)] enum Event { A { a: u64 } }"#,
        &[
            "`id` belongs on a field\n= help: an enum has no field of its own: put what all variants have into a struct that flattens `Event`",
            "`serde` belongs on a field\n= help: put it on the field whose type only implements `Serialize`",
        ],
    ),
    (
        r#"#[versioned(id, revision, modified, variant, skip, serde)] struct Article { a: u64 }"#,
        &[
            "`id` belongs on a field\n= help: put it on the field that identifies `Article`",
            "`revision` belongs on a field\n= help: put it on the field that is the revision of `Article`",
            "`modified` belongs on a field\n= help: put it on the field that says when `Article` was last changed",
            "`variant` belongs on a field\n= help: put it on the field that shows an included resource",
            "`skip` belongs on a field\n= help: put it on the field that is to be in no tag",
            "`serde` belongs on a field\n= help: put it on the field whose type only implements `Serialize`",
        ],
    ),
    (
        r#"#[versioned(epoch = 2, epoch = 3)] struct A { #[versioned(skip, skip)] a: u64, b: u64 }"#,
        &["duplicate key `epoch`\n= help: remove it", "duplicate key `skip`\n= help: remove it"],
    ),
    (r#"struct A { #[versioned(id)] #[versioned(id)] a: u64 }"#, &["duplicate key `id`\n= help: remove it"]),
    (
        r#"struct A { #[versioned(id, skip, variant)] a: u64, b: u64 }"#,
        &[
            "`skip` contradicts `id` on the same field\n= help: an id names the resource; remove one of the two",
            "`variant` contradicts `id` on the same field\n= help: an id names the resource; remove one of the two",
        ],
    ),
    (
        r#"struct A { #[versioned(revision, modified)] a: u64, #[versioned(modified, id)] b: Timestamp }"#,
        &[
            "`modified` contradicts `revision` on the same field\n= help: remove `modified`: a revision on a time is the modification time too",
            "`id` contradicts `modified` on the same field\n= help: a modification time is part of the state; remove one of the two",
        ],
    ),
    (
        r#"struct A { #[versioned(variant, serde)] a: u64, #[versioned(serde, skip)] b: u64 }"#,
        &[
            "`serde` can't be combined with `variant`\n= help: wrap the type in a newtype with `#[versioned(serde)]` and derive `Versioned` on it",
            "`serde` can't be combined with `skip`\n= help: wrap the type in a newtype with `#[versioned(serde)]` and derive `Versioned` on it",
        ],
    ),
    (
        r#"struct A { #[versioned(revision = "x")] a: u64, #[versioned(skip(x))] b: u64, #[versioned(id = 5)] c: u64, #[versioned(id(x))] d: u64, #[versioned(id = "")] e: u64 }"#,
        &[
            "`revision` takes no value\n= help: write `#[versioned(revision)]`",
            "`skip` takes no value\n= help: write `#[versioned(skip)]`",
            "`id` takes the name of a path parameter\n= help: write `id = \"asset_id\"`, or `id` alone",
            "`id` takes the name of a path parameter\n= help: write `id = \"asset_id\"`, or `id` alone",
            "`id` takes the name of a path parameter\n= help: write `id = \"asset_id\"`, or `id` alone",
        ],
    ),
    (r#"#[versioned(epoch = "2")] struct A { a: u64 }"#, &["expected an integer: `epoch = 2`"]),
    (r#"#[versioned(epoch)] struct A { a: u64 }"#, &["expected an integer: `epoch = 2`"]),
    (
        r#"#[versioned(epoch = 2.5, epoc = 1)] struct A { a: u64 }"#,
        &[
            "expected an integer: `epoch = 2`",
            "unknown key `epoc` in `#[versioned(...)]`\n= help: did you mean `epoch`?\n= note: the type keys are `store`, `collection`, `authorize`, `key`, `epoch`, `if_match`, `wildcard`, `query`, `embed`, `create`, `replay`, `tolerate`, `collection_tag`, `cache_control`, `vary`, `keyed`, `bound`, `crate`",
        ],
    ),
    (
        r#"#[versioned(epoch = 18446744073709551616)] struct A { a: u64 }"#,
        &["expected an integer: `epoch = 2`\n= note: it is an unsigned 64-bit integer"],
    ),
    (r#"#[versioned(embed = etag)] struct A { a: u64 }"#, &["expected a name: `embed = \"etag\"`"]),
    (
        r#"#[versioned(store = 5, create = "put")] struct A { #[versioned(id)] a: u64 }"#,
        &["expected a type: `store = Database`"],
    ),
    (
        r#"#[versioned(store = "", key = , authorize(X))] struct A { a: u64 }"#,
        &[
            "expected a type: `store = Database`",
            "expected a type: `key = Uuid`",
            "expected a type: `authorize = Owners`",
        ],
    ),
    (
        r#"#[versioned(store = D, collection = "", query = 1, if_match = "never", create = put)] struct A { #[versioned(id)] a: u64 }"#,
        &[
            "expected a name: `collection = \"assets\"`",
            "expected a name: `query = \"etag\"`",
            "expected `if_match = \"required\"` or `if_match = \"optional\"` or `if_match = \"report\"`",
            "expected `create = \"put\"` or `create = \"put, ignore-if-match\"`",
        ],
    ),
    (
        r#"#[versioned(cache_control = "", vary = "Accept Language")] struct A { a: u64 }"#,
        &[
            "expected the header's value: `cache_control = \"public, max-age=60\"`",
            "expected the names of header fields: `vary = \"Accept-Language\"`",
        ],
    ),
    (
        r#"#[versioned(cache_control = "a\nb", vary = "")] struct A { a: u64 }"#,
        &[
            "expected the header's value: `cache_control = \"public, max-age=60\"`",
            "expected the names of header fields: `vary = \"Accept-Language\"`",
        ],
    ),
    (
        r#"#[versioned(keyed = "k")] struct A { a: u64 }"#,
        &["`keyed` takes no value\n= help: write `#[versioned(keyed)]`"],
    ),
    (
        r#"#[versioned(keyed(k), keyed)] struct A { #[versioned(keyed)] a: u64 }"#,
        &[
            "`keyed` takes no value\n= help: write `#[versioned(keyed)]`",
            "duplicate key `keyed`\n= help: remove it",
            "`keyed` belongs on the struct, not on a field\n= help: move it above `struct A`",
        ],
    ),
    (
        r#"#[versioned(bound = "T Foo", crate = "my-etag")] struct A<T> { a: T }"#,
        &[
            "`bound` needs where predicates such as `\"T: Foo\"`",
            "`crate` needs a path such as `\"my_etag\"`",
        ],
    ),
    (r#"#[versioned(crate = my_etag)] struct A { a: u64 }"#, &["`crate` needs a path such as `\"my_etag\"`"]),
    (
        r#"#[versioned] struct A { #[versioned()] a: u64, #[versioned = "id"] b: u64 }"#,
        &[
            "this empty `#[versioned]` does nothing\n= help: remove it, or name a key",
            "this empty `#[versioned]` does nothing\n= help: remove it, or name a key",
            "`#[versioned]` takes its keys in parentheses\n= help: write `#[versioned(id)]`",
        ],
    ),
    (
        r#"#[versioned("id", a::b, id x)] struct A { a: u64 }"#,
        &[
            "unexpected `\"id\"` in an attribute\n= help: write `key`, `key = value` or `key(...)`, with commas between them",
            "unexpected `:` in an attribute\n= help: write `key`, `key = value` or `key(...)`, with commas between them",
            "unexpected `x` in an attribute\n= help: write `key`, `key = value` or `key(...)`, with commas between them",
        ],
    ),
    (
        r#"union A { a: u64 }"#,
        &["a union cannot be versioned: which field is live is not known\n= help: use an enum"],
    ),
    (
        r#"#[repr(C, packed(2))] struct A { a: u64 }"#,
        &[
            "a packed struct cannot be tagged by reference\n= help: remove `packed`, or derive `Versioned` on a struct that this one is copied into\n= note: fields of a packed struct may be unaligned",
        ],
    ),
    (
        r#"#[versioned(store = Database, key = ())] struct Settings;"#,
        &["the tag of `Settings` would never change\n= help: add a field, or do not derive `Versioned`"],
    ),
    (
        r#"#[versioned(epoch = 2)] struct Settings;"#,
        &["the tag of `Settings` would never change\n= help: add a field, or do not derive `Versioned`"],
    ),
    (
        r#"#[versioned(embed = "etag")] struct Settings;"#,
        &[
            "`embed` needs a struct with named fields\n= help: remove it, or put it on the struct that this type is a member of",
            "the tag of `Settings` would never change\n= help: add a field, or do not derive `Versioned`",
        ],
    ),
    (
        r#"struct Settings {}"#,
        &["the tag of `Settings` would never change\n= help: add a field, or do not derive `Versioned`"],
    ),
    (
        r#"struct Settings();"#,
        &["the tag of `Settings` would never change\n= help: add a field, or do not derive `Versioned`"],
    ),
    (
        r#"struct Settings { #[serde(skip)] a: u64, #[versioned(skip)] b: u64 }"#,
        &["the tag of `Settings` would never change\n= help: remove a `skip`, or do not derive `Versioned`"],
    ),
    (
        r#"struct Settings(#[serde(skip)] u64);"#,
        &["the tag of `Settings` would never change\n= help: remove a `skip`, or do not derive `Versioned`"],
    ),
    (
        r#"#[versioned(embed = "etag")] struct Settings { #[versioned(modified)] #[serde(skip)] a: Timestamp }"#,
        &["the tag of `Settings` would never change\n= help: remove a `skip`, or do not derive `Versioned`"],
    ),
    (
        r#"enum Never {}"#,
        &["`Never` has no variant to send\n= help: add a variant, or do not derive `Versioned`"],
    ),
    (
        r#"enum Never { #[serde(skip)] A }"#,
        &["`Never` has no variant to send\n= help: remove a `skip`, or do not derive `Versioned`"],
    ),
    (
        r#"enum Shape { Circle(f64), Square { side: f64 }, #[versioned(skip)] Point }"#,
        &["`Point` is a variant, and has no role of its own\n= help: remove this `#[versioned]`"],
    ),
    (
        r#"enum Shape { Circle(#[versioned(id)] f64), Square { #[versioned(serde)] side: f64, #[versioned(skip)] at: f64 } }"#,
        &[
            "`id` needs a struct: `Circle` is one variant of `Shape`\n= help: put what all variants have into a struct that flattens `Shape`",
            "`skip` needs a struct: `Square` is one variant of `Shape`\n= help: put what all variants have into a struct that flattens `Shape`",
        ],
    ),
    (
        r#"#[serde(tag = "t", untagged)] enum A { B }"#,
        &["`untagged` contradicts `tag`\n= help: remove one of the two"],
    ),
    (
        r#"#[serde(content = "c", untagged)] enum A { B }"#,
        &["`untagged` contradicts `content`\n= help: remove one of the two"],
    ),
    (
        r#"#[serde(content = "c")] enum A { B }"#,
        &[
            "`content` needs a `tag` beside it\n= help: add one: `#[serde(tag = \"type\", content = \"content\")]`",
        ],
    ),
    (
        r#"#[serde(tag = "t", content = "t")] enum A { B }"#,
        &["`tag` and `content` are both called `t`\n= help: choose another name for one of the two"],
    ),
    (
        r#"#[serde(tag = "t")] enum A { B(u8, u8), C(), D { t: u8 }, E { a: u8, #[serde(rename = "a")] b: u8 } }"#,
        &[
            "`B` is an array, which has no member `t`\n= help: give its fields names, or add a `content` beside the `tag`",
            "`C` is an array, which has no member `t`\n= help: give its fields names, or add a `content` beside the `tag`",
            "two members are called `t`\n= help: rename one of the two: `#[serde(rename = \"...\")]`",
            "two members are called `a`\n= help: rename one of the two: `#[serde(rename = \"...\")]`",
        ],
    ),
    (
        r#"enum A { B(#[serde(flatten)] u8, u8), C(#[serde(skip_serializing_if = "f")] u8) }"#,
        &[
            "`flatten` needs a struct with named fields\n= help: remove it, or give the field a name",
            "`skip_serializing_if` does nothing here: `C` is what it wraps\n= help: remove it, or put it on the members that hold the type",
        ],
    ),
    (
        r#"#[serde(tag = "t", content = "c", untagged)] struct A(u8);"#,
        &[
            "`tag` is for an enum, or for a struct with named fields\n= help: remove it",
            "`content` is for an enum\n= help: remove it",
            "`untagged` is for an enum\n= help: remove it",
        ],
    ),
    (
        r#"#[serde(remote = "Duration")] struct DurationDef { secs: u64 }"#,
        &[
            "`remote` makes `DurationDef` a description of another type, which is never sent\n= help: remove `#[derive(Versioned)]`: a field with `#[serde(with = \"DurationDef\")]` has its form without it",
        ],
    ),
    (
        r#"#[serde(into = "Wire")] #[versioned(store = Database)] struct A { #[versioned(id)] a: u64 }"#,
        &[
            "`id` contradicts `into`: the field is not sent\n= help: put it on a field of the type that is sent",
            "`into` contradicts `store`: what is stored is what `A` becomes\n= help: put `store` on the type that it is converted into",
        ],
    ),
    (
        r#"struct A { #[versioned(variant)] #[serde(with = "m")] a: u64, #[versioned(skip)] #[serde(serialize_with = "f")] b: u64, c: u64 }"#,
        &[
            "`with` can't be combined with `variant`\n= help: put it on the field of a newtype, derive `Versioned` on that, and use the newtype here",
            "`serialize_with` can't be combined with `skip`\n= help: put it on the field of a newtype, derive `Versioned` on that, and use the newtype here",
        ],
    ),
    (
        r#"#[versioned(store = Database)] struct Asset { #[versioned(id)] id: u64, #[versioned(variant)] product: Product, #[versioned(skip)] views: u64, #[serde(skip)] cache: u64 }"#,
        &[
            "a stored type cannot show what it does not store: `product`\n= help: move it to a view that flattens `Asset`, or keep it out of the body with `#[serde(skip)]`",
            "a stored type cannot show what it does not store: `views`\n= help: move it to a view that flattens `Asset`, or keep it out of the body with `#[serde(skip)]`",
        ],
    ),
    (
        r#"#[versioned(store = Database)] struct Asset { a: u64 }"#,
        &[
            "a stored type needs a key\n= help: mark the field that identifies it with `#[versioned(id)]`, or write `key = ...` for one that is only in the path",
        ],
    ),
    (
        r#"#[versioned(store = Database, key = u64)] struct Asset { #[versioned(id)] id: u64 }"#,
        &[
            "`key` contradicts the field that is marked `id`\n= help: remove one of the two: the key is the `id` field, or only in the path",
        ],
    ),
    (
        r#"#[versioned(store = Database)] struct Page<T> { #[versioned(id)] id: u64, items: T }"#,
        &[
            "`Page` has parameters: a stored type is one type\n= help: remove `store`, and put it on a struct that flattens `Page`",
        ],
    ),
    (
        r#"#[versioned(collection = "a", authorize = X, key = X, if_match = "optional", wildcard = "refuse", query = "q", create = "put", replay = "accept", tolerate = "intermediaries", collection_tag)] struct A { a: u64 }"#,
        &[
            "`collection` is for a stored type\n= help: add `store = Database`, or remove it",
            "`authorize` is for a stored type\n= help: add `store = Database`, or remove it",
            "`key` is for a stored type\n= help: add `store = Database`, or remove it",
            "`if_match` is for a stored type\n= help: add `store = Database`, or remove it",
            "`wildcard` is for a stored type\n= help: add `store = Database`, or remove it",
            "`query` is for a stored type\n= help: add `store = Database`, or remove it",
            "`create` is for a stored type\n= help: add `store = Database`, or remove it",
            "`replay` is for a stored type\n= help: add `store = Database`, or remove it",
            "`tolerate` is for a stored type\n= help: add `store = Database`, or remove it",
            "`collection_tag` is for a stored type\n= help: add `store = Database`, or remove it",
        ],
    ),
    (
        r#"#[serde(tag = 1, rename_all = "Camel", into = "1")] struct A { #[serde(with = "1", serialize_with = y)] price: u64, #[serde(whatever)] b: u64, #[serde(rename = 5)] c: u64, #[serde(skip_serializing_if = "1 + 1")] d: u64 }"#,
        &[
            "expected a string: `tag = \"name\"`",
            "unknown rename rule `Camel`\n= help: the rules are `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`",
            "`into` needs a type such as `\"Wire\"`",
            "`with` needs the path of a module such as `\"hex\"`",
            "`serialize_with` needs the path of a function such as `\"hex::serialize\"`",
            "`whatever` could change what `b` looks like, and is not supported here\n= help: wrap the type of `b` in a newtype that implements `Serialize` with it, and mark the field `#[versioned(serde)]`",
            "expected a string: `rename = \"name\"`",
            "`skip_serializing_if` needs the path of a function such as `\"Option::is_none\"`",
        ],
    ),
    (
        r#"#[serde(whatever)] enum A { #[serde(whatever)] B, #[serde(other)] C }"#,
        &[
            "`whatever` could change what `A` looks like, and is not supported here\n= help: remove `#[derive(Versioned)]`, and mark the fields that hold `A` with `#[versioned(serde)]`",
            "`whatever` could change what `B` looks like, and is not supported here\n= help: remove it, or mark the fields that hold the enum with `#[versioned(serde)]` instead of deriving `Versioned` on it",
        ],
    ),
    (
        r#"struct A { #[versioned(variant)] #[serde(skip)] a: u64, #[versioned(serde)] #[serde(skip_serializing)] b: u64, #[versioned(id)] #[serde(flatten)] c: u64 }"#,
        &[
            "`variant` contradicts `#[serde(skip)]`: the field is not sent\n= help: remove one of the two",
            "`serde` contradicts `#[serde(skip_serializing)]`: the field is not sent\n= help: remove one of the two",
            "`id` contradicts `#[serde(flatten)]`\n= help: remove one of the two\n= note: the members of a flattened field keep the roles of their own type",
        ],
    ),
    (
        r#"struct A { #[versioned(id)] #[serde(skip_serializing_if = "f")] a: u64, #[versioned(modified)] #[serde(skip_serializing_if = "f")] b: Timestamp }"#,
        &[
            "`skip_serializing_if` contradicts `id`: `a` is always sent\n= help: remove it, or keep the field out of the body with `#[serde(skip)]`",
            "`skip_serializing_if` contradicts `modified`: `b` is always sent\n= help: remove it, or keep the field out of the body with `#[serde(skip)]`",
        ],
    ),
    (
        r#"struct Pair(#[versioned(id)] u64, #[serde(flatten)] u64);"#,
        &[
            "`id` needs a member with a name\n= help: give the fields of `Pair` names",
            "`flatten` needs a struct with named fields\n= help: remove it, or give the field a name",
        ],
    ),
    (
        r#"#[serde(transparent)] struct A { #[versioned(revision)] a: u64 }"#,
        &[
            "`revision` needs a member with a name\n= help: remove `#[serde(transparent)]`, or derive the role on the type inside",
        ],
    ),
    (
        r#"#[serde(transparent)] struct A { a: u64, b: u64 }"#,
        &[
            "`transparent` needs a struct with one field that is sent\n= help: remove it, or mark the other fields `#[serde(skip)]`",
        ],
    ),
    (
        r#"#[serde(transparent)] enum A { B }"#,
        &["`transparent` is for a struct\n= help: write `untagged`, or remove it"],
    ),
    (
        r#"#[versioned(epoch = 2, embed = "etag")] struct A(u64);"#,
        &[
            "`embed` needs a struct with named fields\n= help: remove it, or put it on the struct that this type is a member of",
        ],
    ),
    (
        r#"struct A { #[versioned(revision)] a: u64, #[versioned(revision)] b: u64, #[versioned(modified)] c: Timestamp, #[versioned(modified)] d: Timestamp }"#,
        &[
            "`A` has two `revision` fields\n= help: remove one of the two",
            "`A` has two `modified` fields\n= help: remove one of the two",
        ],
    ),
    (
        r#"#[versioned(embed = "title")] #[serde(rename_all = "camelCase")] struct A { title: u64, #[serde(rename = "title")] b: u64, a_b: u64, aB: u64 }"#,
        &[
            "two members are called `title`\n= help: rename one of the two: `#[serde(rename = \"...\")]`",
            "two members are called `aB`\n= help: rename one of the two: `#[serde(rename = \"...\")]`",
            "`A` has a member `title` already\n= help: choose another name, or remove the field: the tag is shown without one",
        ],
    ),
    (
        r#"struct A(#[serde(skip_serializing_if = "f")] u64);"#,
        &[
            "`skip_serializing_if` does nothing here: `A` is what it wraps\n= help: remove it, or put it on the members that hold the type",
        ],
    ),
    (
        r#"struct A { #[versioned(serde)] #[serde(with = "m")] a: u64, #[versioned(serde)] #[serde(flatten, serialize_with = "f")] b: u64 }"#,
        &[
            "`serde` does nothing beside `with`\n= help: remove it",
            "`serde` does nothing beside `serialize_with`\n= help: remove it",
        ],
    ),
    (
        r#"enum A { B(#[versioned(serde)] #[serde(with = "m")] u64), #[serde(with = "m")] C(#[versioned(serde)] u64) }"#,
        &[
            "`serde` does nothing beside `with`\n= help: remove it",
            "`serde` does nothing beside `with`\n= help: remove it",
        ],
    ),
    (
        r#"#[serde(rename_all_fields = "camelCase")] struct A { a: u64 }"#,
        &["`rename_all_fields` is for an enum\n= help: write `rename_all`, or remove it"],
    ),
    (
        r#"#[serde(transparent, into = "B")] struct A { a: u64 }"#,
        &["`transparent` contradicts `into`\n= help: remove one of the two"],
    ),
    (
        r#"#[versioned(store = Database)] struct A { #[versioned(id)] #[serde(with = "m")] a: u64, #[versioned(id)] #[serde(serialize_with = "f")] b: u64, #[versioned(id)] #[serde(skip, with = "m")] c: u64 }"#,
        &[
            "`with` can't be combined with `id`\n= help: put it on the field of a newtype that is the key, and derive `Versioned` on that",
            "`serialize_with` can't be combined with `id`\n= help: put it on the field of a newtype that is the key, and derive `Versioned` on that",
        ],
    ),
    (
        r#"#[versioned(rename_all = "camelCase", tag = t, bound = "", deny_unknown_fields)] struct A { #[versioned(rename = "b", id)] a: u64, #[versioned(skip_serializing_if(x))] c: u64, #[versioned(flatten)] d: u64 }"#,
        &[
            "`rename_all` is serde's\n= help: write `#[serde(rename_all = \"camelCase\")]`",
            "`tag` is serde's\n= help: write `#[serde(tag = \"...\")]`",
            "`deny_unknown_fields` is serde's\n= help: write `#[serde(deny_unknown_fields)]`",
            "`rename` is serde's\n= help: write `#[serde(rename = \"b\")]`",
            "`skip_serializing_if` is serde's\n= help: write `#[serde(skip_serializing_if = \"...\")]`",
            "`flatten` is serde's\n= help: write `#[serde(flatten)]`",
        ],
    ),
    (
        r#"#[versioned(untagged)] enum A { #[versioned(rename = "b", other)] B(u64), #[versioned(skip)] C(u64) }"#,
        &[
            "`untagged` is serde's\n= help: write `#[serde(untagged)]`",
            "`rename` is serde's\n= help: write `#[serde(rename = \"b\")]`",
            "`other` is serde's\n= help: write `#[serde(other)]`",
            "`C` is a variant, and has no role of its own\n= help: remove this `#[versioned]`",
        ],
    ),
    (
        r#"#[versioned(store = Database; key = [u8; 4]; create = "put")] struct A { a: u64 }"#,
        &["expected `,`", "expected `,`"],
    ),
    (
        r#"#[versioned(store = Database)] enum Event { A { a: u64 } }"#,
        &[
            "a stored type needs a key\n= help: write `key = ...`: an enum has no field to mark, so its key is only in the path",
        ],
    ),
    (
        r#"#[versioned(store = Database)] struct Name(String);"#,
        &[
            "a stored type needs a key\n= help: write `key = ...` for one that is only in the path, or give the fields of `Name` names and mark one with `#[versioned(id)]`",
        ],
    ),
    (
        r##"struct A { #[versioned(modified)] a: u64, b: u64 } "##,
        &[
            "`u64` cannot be a last-modified time\n= help: use `etag_core::Timestamp`, or a time of `chrono`, `jiff` or `time` behind its feature",
        ],
    ),
    (
        r##"#[versioned(store = Database)] struct A { #[versioned(id)] a: u64, #[versioned(revision)] b: String, #[versioned(modified)] c: Option<Timestamp>}"##,
        &[
            "`String` cannot be a revision\n= help: use `u64`, `i64` or a time: it only grows, max(last + 1, now in µs)",
            "an option cannot be a last-modified time\n= help: remove the `Option`: a value that is stored has been stamped",
        ],
    ),
    (
        r##"#[versioned(store = Database)] struct A { #[versioned(id)] a: u64, #[versioned(revision)] b: ::core::option::Option<i64>, #[versioned(modified)] c: u64 }"##,
        &[
            "an option cannot be a revision\n= help: remove the `Option`: a value that is stored has been stamped",
            "`u64` cannot be a last-modified time\n= help: use `etag_core::Timestamp`, or a time of `chrono`, `jiff` or `time` behind its feature",
        ],
    ),
    (
        r##"#[versioned(store = Database, key = u64)] struct r#type { #[versioned(id)] r#match: u64, #[versioned(skip)] b: u64, #[versioned(revision)] c: u64, #[versioned(revision)] d: u64 }"##,
        &[
            "`type` has two `revision` fields\n= help: remove one of the two",
            "`key` contradicts the field that is marked `id`\n= help: remove one of the two: the key is the `id` field, or only in the path",
            "a stored type cannot show what it does not store: `b`\n= help: move it to a view that flattens `type`, or keep it out of the body with `#[serde(skip)]`",
        ],
    ),
    (
        r##"#[versioned(store = Database, key = u64)] #[serde(into = "B")] struct r#type<T>(#[serde(skip_serializing_if = "f")] T);"##,
        &[
            "`skip_serializing_if` does nothing here: `type` is what it wraps\n= help: remove it, or put it on the members that hold the type",
            "`type` has parameters: a stored type is one type\n= help: remove `store`, and put it on a struct that flattens `type`",
            "`into` contradicts `store`: what is stored is what `type` becomes\n= help: put `store` on the type that it is converted into",
        ],
    ),
    (
        r##"#[versioned(embed = "a")] struct r#type { a: u64 }"##,
        &[
            "`type` has a member `a` already\n= help: choose another name, or remove the field: the tag is shown without one",
        ],
    ),
    (
        r##"struct r#type(#[versioned(id)] u64, u64);"##,
        &["`id` needs a member with a name\n= help: give the fields of `type` names"],
    ),
    (
        r##"struct r#type {}"##,
        &["the tag of `type` would never change\n= help: add a field, or do not derive `Versioned`"],
    ),
    (
        r##"enum r#type { #[serde(skip)] r#match }"##,
        &["`type` has no variant to send\n= help: remove a `skip`, or do not derive `Versioned`"],
    ),
    (
        r##"#[serde(tag = "t")] enum r#type { #[versioned(skip)] r#match(u64, u64), r#fn { #[versioned(modified)] a: Timestamp }, r#if(#[serde(skip_serializing_if = "f")] A) }"##,
        &[
            "`match` is a variant, and has no role of its own\n= help: remove this `#[versioned]`",
            "`match` is an array, which has no member `t`\n= help: give its fields names, or add a `content` beside the `tag`",
            "`modified` needs a struct: `fn` is one variant of `type`\n= help: put what all variants have into a struct that flattens `type`",
            "`skip_serializing_if` does nothing here: `if` is what it wraps\n= help: remove it, or put it on the members that hold the type",
        ],
    ),
];

/// What serde allows, and what has no members or variants of its own to compare.
const ALLOWED: &[&str] = &[
    r#"enum A { B, #[serde(rename = "B")] C }"#,
    r#"#[serde(into = "B")] struct A { a: u64, #[serde(rename = "a")] b: u64 }"#,
    r#"#[serde(into = "B", tag = "t")] enum A { C { t: u64, #[serde(rename = "t")] u: u64 } }"#,
    r#"#[serde(tag = "t")] enum A { #[serde(with = "m")] B { t: u64, #[serde(rename = "t")] u: u64 } }"#,
    r#"struct A { #[versioned(id)] #[serde(with = "m")] a: u64 }"#,
    "struct A { #[versioned(revision)] a: u64, #[versioned(modified)] b: my::String }",
    "struct A { #[versioned(revision)] a: i64, #[versioned(modified)] b: my::Option<u64> }",
    "struct A;",
];

#[test]
fn what_serde_allows_is_not_refused() {
    for input in ALLOWED {
        assert_eq!(messages(derive(tokens(input))), [""; 0], "{input}");
    }
}

/// What is said of a misplaced key of serde's sends nobody to another refusal.
#[test]
fn each_key_that_is_said_to_be_serdes_is_taken_there() {
    let inputs = [
        TypeKeys::NAMES.map(|name| format!("#[serde({name})] struct A {{ a: u64 }}")).to_vec(),
        FieldKeys::NAMES.map(|name| format!("struct A {{ #[serde({name})] a: u64 }}")).to_vec(),
        VariantKeys::NAMES.map(|name| format!("enum A {{ #[serde({name})] B {{ a: u64 }} }}")).to_vec(),
    ];
    for input in inputs.concat() {
        let messages = messages(derive(tokens(&input)));
        assert!(!messages.iter().any(|message| message.contains("is not supported here")), "{messages:?}");
    }
}

#[test]
fn refusals() {
    for (input, expected) in REFUSALS {
        let messages = messages(derive(tokens(input)));
        assert_eq!(messages, *expected, "{input}");
    }
}

#[test]
fn errors_come_with_an_impl() {
    let input = "#[versioned(store = Database)] struct Asset { #[versioned(id, skip)] id: Uuid }";
    let fallback = tokens(
        r#"
        #[automatically_derived]
        impl ::etag_core::Versioned for Asset {
            fn describe<D: ::etag_core::Describe<Self>>(_: &mut D) {}
        }
        #[automatically_derived]
        impl ::etag_core::Resource for Asset {
            type Key = Uuid;
            type Store = Database;
            type Policy = ::etag_core::Anyone;
            const COLLECTION: &'static ::core::primitive::str = "";
            const PARAMETERS: &'static [&'static ::core::primitive::str] = &[];
            const MEMBERS: &'static [&'static ::core::primitive::str] = &[];
            fn key(&self) -> ::core::option::Option<Self::Key> { ::core::option::Option::None }
            fn set_key(&mut self, _: &Self::Key) {}
            fn stamp(&mut self, _: ::etag_core::Timestamp) {}
        }"#,
    );
    let expansion = flat(derive(tokens(input)));
    assert!(expansion.ends_with(&flat(fallback)), "{expansion}");
}

#[test]
fn panics_are_reported_as_bugs() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let expansion = caught(|| panic!("on purpose"));
    std::panic::set_hook(hook);
    let expected = "bug in etag-derive, please report it with this type";
    assert_eq!(messages(expansion), [expected]);
}

#[test]
#[cfg(debug_assertions)]
fn errors_dropped_unread_panic() {
    let dropped = std::panic::catch_unwind(|| {
        let mut errors = Errors::default();
        errors.refuse(TokenStream::new(), &Refusal::new("lost"));
    });
    assert!(dropped.is_err());
}
