//! The derive macro of `etag-core`, which re-exports it: depend on that crate, not on this one.
//!
//! Attributes are read (`attributes`, `serde_attributes`), become a model (`model`), which is checked
//! (`check`) and only then written (`expand`, `resource`).

mod attributes;
mod bounds;
mod cases;
mod check;
mod choices;
mod derive;
mod doc;
mod entries;
mod errors;
mod expand;
mod fallback;
mod json_name;
mod lines;
mod model;
mod names;
mod rename;
mod resource;
mod scope;
mod serde_attributes;
#[cfg(test)]
mod tests;

/// Gives a type a canonical JSON form, and with it an entity tag.
///
/// ```
/// # use etag_core::{Timestamp, Versioned};
/// #[derive(Versioned)]
/// pub struct Article {
///     #[versioned(id)]
///     pub id: u64,
///     pub title: String,
///     #[versioned(modified)]
///     #[serde(rename = "updatedAt")]
///     pub updated_at: Timestamp,
/// }
/// ```
///
/// is, word for word:
///
/// ```text
/// #[automatically_derived]
/// impl ::etag_core::Versioned for Article {
///     /// State: `id`, `title`, `updatedAt`.
///     fn describe<D: ::etag_core::Describe<Self>>(article: &mut D) {
///         article.id("id", |article| &article.id);
///         article.member("title", |article| &article.title);
///         article.modified("updatedAt", |article| &article.updated_at);
///     }
/// }
/// ```
///
/// One line per field, in canonical order; the verb is the attribute's key, the string the member's
/// name on the wire.
///
/// # Which types
///
/// A struct with named fields is an object, a tuple struct an array, one with a single field (or
/// `#[serde(transparent)]`) what that field is. An enum is what serde makes of it: the name of a variant
/// without data, an object with that name for one with data, or what `tag`, `content` and `untagged` say. A
/// unit struct is `null`. A union has no form.
///
/// A struct that is not stored and has a member `items` is the envelope of a list, such as
/// `{"items":[…],"total":7}`: each item has a tag of its own, as in a `Vec` that is answered with.
///
/// # On a field
///
/// A field has at most one of these; without one it is a member of the state. Below each example is the
/// line that the derive makes of it.
///
/// **`id`**: the member that identifies the resource, and the path parameter of its name, or of
/// another one. On several fields, the key is a tuple.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// # use uuid::Uuid;
/// #[derive(Versioned)]
/// #[versioned(store = Database)]
/// struct Asset { #[versioned(id = "asset_id")] id: Uuid, name: String } // /assets/{asset_id}
/// # assert_eq!(<Asset as etag_core::Resource>::PARAMETERS, ["asset_id"]);
/// ```
/// ```text
/// asset.id("id", |asset| &asset.id);
/// ```
///
/// **`revision`**: a number, or a time, that no two versions share. The tag is made of it instead of
/// the content.
///
/// ```
/// # use etag_core::Versioned;
/// #[derive(Versioned)]
/// struct Article { title: String, #[versioned(revision)] revision: u64 }
/// # let article = Article { title: String::new(), revision: 7 };
/// # assert_eq!(etag_core::StateTag::of(&article).unwrap().revision(), Some(7));
/// ```
/// ```text
/// article.revision("revision", |article| &article.revision);
/// ```
///
/// **`modified`**: the time of the last change; `Last-Modified` is made of it.
///
/// ```
/// # use etag_core::{Representation, Timestamp, Versioned};
/// #[derive(Versioned)]
/// struct Article { title: String, #[versioned(modified)] updated_at: Timestamp }
/// # let article = Article { title: String::new(), updated_at: Timestamp::now() };
/// # assert!(Representation::of(&article).unwrap().validators().last_modified.is_some());
/// ```
/// ```text
/// article.modified("updated_at", |article| &article.updated_at);
/// ```
///
/// **`variant`**: shown, and in the tag, but not in the state that a write guards: an included
/// resource.
///
/// ```
/// # use etag_core::{StateTag, Versioned};
/// # type Author = String;
/// #[derive(Versioned)]
/// struct Article { title: String, #[versioned(variant)] author: Option<Author> }
/// # let article = |author| Article { title: String::new(), author };
/// # assert_eq!(StateTag::of(&article(None)), StateTag::of(&article(Some("Ada".to_owned()))));
/// ```
/// ```text
/// article.variant("author", |article| &article.author);
/// ```
///
/// **`skip`**: shown, and in no tag; the tags of the type are weak.
///
/// ```
/// # use etag_core::{Representation, Versioned};
/// #[derive(Versioned)]
/// struct Article { title: String, #[versioned(skip)] views: u64 }
/// # let article = Article { title: String::new(), views: 7 };
/// # assert!(Representation::of(&article).unwrap().validators().etag.unwrap().is_weak());
/// ```
/// ```text
/// article.skip("views", |article| &article.views);
/// ```
///
/// **`serde`**: a member of a type that only implements `Serialize`.
///
/// ```
/// # use etag_core::{Versioned, canonical};
/// # mod geo { #[derive(serde::Serialize)] pub struct Point { pub y: f32, pub x: f32 } }
/// #[derive(Versioned)]
/// struct Pump { name: String, #[versioned(serde)] place: geo::Point }
/// # let pump = Pump { name: String::new(), place: geo::Point { y: 1.0, x: 2.0 } };
/// # assert_eq!(canonical::to_vec(&pump).unwrap(), br#"{"name":"","place":{"x":2,"y":1}}"#);
/// ```
/// ```text
/// pump.serde("place", |pump| &pump.place);
/// ```
///
/// # On a type
///
/// **`store`**: the type is stored; `Resource` is implemented too. It needs a field with `id`, or
/// `key`. Types may be written as types or as strings.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// # use uuid::Uuid;
/// #[derive(Versioned)]
/// #[versioned(store = Database)]
/// struct Asset { #[versioned(id)] id: Uuid, name: String }
/// ```
/// ```text
/// type Key = Uuid;
/// type Store = Database;
/// ```
///
/// With `store` only:
///
/// **`collection`**: the collection's name in the store; else it is the type's.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, collection = "assets")]
/// struct Asset { #[versioned(id)] id: u64, name: String }
/// # assert_eq!(<Asset as etag_core::Resource>::COLLECTION, "assets");
/// ```
/// ```text
/// const COLLECTION: &'static ::core::primitive::str = "assets";
/// ```
///
/// **`authorize`**: the policy that is asked before anything is read; else anyone may.
///
/// ```
/// # use etag_core::{Anyone as Owners, Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, authorize = Owners)]
/// struct Asset { #[versioned(id)] id: u64, name: String }
/// ```
/// ```text
/// type Policy = Owners;
/// ```
///
/// **`key`**: the key is only in the path. `()` is a singleton, a tuple several parameters.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, key = ())]
/// struct Settings { theme: String }
/// # assert_eq!(etag_core::Resource::key(&Settings { theme: String::new() }), Some(()));
/// ```
/// ```text
/// type Key = ();
/// ```
///
/// **`if_match`**: whether a write needs `If-Match`: `"required"`, as it is without, `"optional"`, or `"report"`:
/// it is carried out without, and counted among those that `"required"` would refuse.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, if_match = "optional")]
/// struct Asset { #[versioned(id)] id: u64, name: String }
/// # assert_eq!(<Asset as etag_core::Resource>::IF_MATCH, etag_core::IfMatch::Optional);
/// ```
/// ```text
/// const IF_MATCH: ::etag_core::IfMatch = ::etag_core::IfMatch::Optional;
/// ```
///
/// **`query`**: the query parameter that counts as `If-Match`, for clients that can't send headers.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, query = "etag")] // DELETE /assets/7?etag="…"
/// struct Asset { #[versioned(id)] id: u64, name: String }
/// # assert_eq!(<Asset as etag_core::Resource>::QUERY, Some("etag"));
/// ```
/// ```text
/// const QUERY: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some("etag");
/// ```
///
/// **`create`**: `"put"`: a PUT creates what does not exist. `"put, ignore-if-match"`: even with
/// `If-Match`, if the key never existed.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, key = (), create = "put")] // PUT /settings
/// struct Settings { theme: String }
/// # assert_eq!(<Settings as etag_core::Resource>::CREATE, etag_core::Creation::Put);
/// ```
/// ```text
/// const CREATE: ::etag_core::Creation = ::etag_core::Creation::Put;
/// ```
///
/// **`wildcard`**: what `If-Match: *` on a write means: `"overwrite"`, as it does without, or `"refuse"`: it is
/// answered 428.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, wildcard = "refuse")]
/// struct Asset { #[versioned(id)] id: u64, name: String }
/// # assert_eq!(<Asset as etag_core::Resource>::WILDCARD, etag_core::Wildcard::Refuse);
/// ```
/// ```text
/// const WILDCARD: ::etag_core::Wildcard = ::etag_core::Wildcard::Refuse;
/// ```
///
/// **`replay`**: what a PUT, PATCH or DELETE is answered that was carried out before: `"refuse"`, as it is
/// without: 412, or `"accept"`: 2xx, where the stored state is the one that it would make. A deleted resource's
/// tombstone then keeps the tag of its state.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, replay = "accept")]
/// struct Asset { #[versioned(id)] id: u64, name: String }
/// # assert_eq!(<Asset as etag_core::Resource>::REPLAY, etag_core::Replay::Accept);
/// ```
/// ```text
/// const REPLAY: ::etag_core::Replay = ::etag_core::Replay::Accept;
/// ```
///
/// **`tolerate`**: which altered tags guard a write: `"nothing"`, as it is without, or `"intermediaries"`: those
/// that a proxy weakened, or gave a suffix for its content coding.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, tolerate = "intermediaries")]
/// struct Asset { #[versioned(id)] id: u64, name: String }
/// # assert_eq!(<Asset as etag_core::Resource>::TOLERATE, etag_core::Tolerate::Intermediaries);
/// ```
/// ```text
/// const TOLERATE: ::etag_core::Tolerate = ::etag_core::Tolerate::Intermediaries;
/// ```
///
/// On any type:
///
/// **`epoch`**: a number that is in the tag, and in no state: another one moves every tag of the type. Change
/// it when the bytes change and the description does not tell: the form of a `serde` or a `with` member, the
/// name of the embedded tag, what a `skip` member shows. A tag from before still guards a write.
///
/// ```
/// # use etag_core::{Representation, StateTag, Versioned};
/// #[derive(Versioned)]
/// #[versioned(epoch = 2)]
/// struct Article { title: String }
/// # let article = Article { title: String::new() };
/// # let etag = Representation::of(&article).unwrap().validators().etag.unwrap().to_string();
/// # assert!(etag.starts_with(&format!("\"{}.", StateTag::of(&article).unwrap())));
/// ```
/// ```text
/// article.epoch(2);
/// article.member("title", |article| &article.title);
/// ```
///
/// **`cache_control`**: the `Cache-Control` of its answers, in place of `private, no-cache`.
///
/// ```
/// # use etag_core::{Versioned, axum::Tagged};
/// #[derive(Versioned)]
/// #[versioned(cache_control = "public, max-age=60")]
/// struct Motd { text: String }
/// # let response = axum::response::IntoResponse::into_response(Tagged::new(Motd { text: String::new() }));
/// # assert_eq!(response.headers()["cache-control"], "public, max-age=60");
/// ```
/// ```text
/// motd.cache_control("public, max-age=60");
/// ```
///
/// **`vary`**: the request's header fields that its answers depend on; also of what flattens it.
///
/// ```
/// # use etag_core::{Versioned, axum::Tagged};
/// #[derive(Versioned)]
/// #[versioned(vary = "Accept-Language")]
/// struct Motd { text: String }
/// # let response = axum::response::IntoResponse::into_response(Tagged::new(Motd { text: String::new() }));
/// # assert_eq!(response.headers()["vary"], "Accept-Language");
/// ```
/// ```text
/// motd.vary("Accept-Language");
/// ```
///
/// **`collection_tag`**: its lists have the tag of the whole collection, which a store reads in a time that does not
/// depend on how many items there are. See `Resource::COLLECTION_TAG` for what that costs.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, collection_tag)]
/// struct Reading { #[versioned(id)] id: u64, celsius: f64 }
/// # assert!(<Reading as etag_core::Resource>::COLLECTION_TAG);
/// ```
/// ```text
/// const COLLECTION_TAG: ::core::primitive::bool = true;
/// ```
///
/// **`keyed`**: its tags are made with the keys of the process, and say nothing of a content that could be guessed;
/// so are those of a type that has it in a member. See `TagKeys`.
///
/// ```
/// # use etag_core::{Representation, StateTag, TagKeys, Versioned};
/// #[derive(Versioned)]
/// #[versioned(keyed)]
/// struct Vote { candidate: String }
/// # let vote = Vote { candidate: String::new() };
/// # TagKeys::new([7_u8; 32]).unwrap().install().unwrap();
/// # let etag = Representation::of(&vote).unwrap().validators().etag.unwrap().to_string();
/// # assert_ne!(etag, format!("\"{}\"", StateTag::of(&vote).unwrap()));
/// ```
/// ```text
/// vote.keyed();
/// vote.member("candidate", |vote| &vote.candidate);
/// ```
///
/// **`bound`**: the bounds of the implementation, in place of those that are inferred from the fields.
///
/// ```
/// # use etag_core::Versioned;
/// #[derive(Versioned)]
/// #[versioned(bound = "T: Versioned")]
/// struct Page<T> { items: Vec<T> }
/// ```
/// ```text
/// where T: Versioned,
/// ```
///
/// **`crate`**: where `etag_core` is, if it was renamed.
///
/// ```
/// # use etag_core as my_etag;
/// # use my_etag::Versioned;
/// #[derive(Versioned)]
/// #[versioned(crate = "my_etag")]
/// struct Article { title: String }
/// ```
/// ```text
/// impl my_etag::Versioned for Article
/// ```
///
/// On a struct with named fields:
///
/// **`embed`**: a member that shows the entity tag itself. It is in no hash, so adding or renaming it moves no
/// tag: change the `epoch` with it.
///
/// ```
/// # use etag_core::{Representation, Versioned};
/// #[derive(Versioned)]
/// #[versioned(embed = "etag")]
/// struct Article { title: String }
/// # let made = Representation::of(&Article { title: String::new() }).unwrap();
/// # assert!(made.body().starts_with(br#"{"etag":"\""#));
/// ```
/// ```text
/// article.embed("etag");
/// ```
///
/// # serde's attributes
///
/// They mean here what they mean there, whether or not `Serialize` is derived too. What only says how a value
/// is read is passed over. One that is not known is refused, and so is `remote`: it could change the form.
///
/// `rename`, `rename_all` and `rename_all_fields` are in the names; `skip` and `skip_serializing` leave a field
/// out; `transparent` is what the one field is.
///
/// `skip_serializing_if`:
///
/// ```
/// # use etag_core::Versioned;
/// #[derive(Versioned)]
/// #[serde(rename_all = "camelCase")]
/// struct Article { #[serde(skip_serializing_if = "Option::is_none")] sub_title: Option<String> }
/// ```
/// ```text
/// article.member_unless("subTitle", |article| Option::is_none(&article.sub_title), |article| &article.sub_title);
/// ```
///
/// `flatten`, of structs, maps, enums and options of these:
///
/// ```
/// # use std::collections::HashMap;
/// # use etag_core::Versioned;
/// #[derive(Versioned)]
/// struct Article { title: String, #[serde(flatten)] more: HashMap<String, String> }
/// ```
/// ```text
/// article.flatten(|article| &article.more);
/// article.member("title", |article| &article.title);
/// ```
///
/// `with` and `serialize_with`, on fields and on variants:
///
/// ```
/// # use etag_core::Versioned;
/// # mod cents {
/// #     pub fn serialize<S: serde::Serializer>(price: &f64, serializer: S) -> Result<S::Ok, S::Error> {
/// #         serializer.serialize_u64((price * 100.0) as u64)
/// #     }
/// # }
/// #[derive(Versioned)]
/// struct Product { name: String, #[serde(with = "cents")] price: f64 }
/// # let product = Product { name: String::new(), price: 1.5 };
/// # assert_eq!(etag_core::canonical::to_vec(&product).unwrap(), br#"{"name":"","price":150}"#);
/// ```
/// ```text
/// product.with("price", |product, serializer| cents::serialize(&product.price, serializer));
/// ```
///
/// `into`:
///
/// ```
/// # use etag_core::Versioned;
/// # #[derive(Versioned)]
/// # struct Wire { degrees: f64 }
/// # impl From<Celsius> for Wire { fn from(Celsius(degrees): Celsius) -> Self { Self { degrees } } }
/// #[derive(Clone, Versioned)]
/// #[serde(into = "Wire")]
/// struct Celsius(f64);
/// # assert_eq!(etag_core::canonical::to_vec(&Celsius(1.5)).unwrap(), br#"{"degrees":1.5}"#);
/// ```
/// ```text
/// celsius.into(|celsius| ::core::convert::Into::<Wire>::into(::core::clone::Clone::clone(celsius)));
/// ```
///
/// `tag`, `content` and `untagged`, on containers, and `untagged` on variants:
///
/// ```
/// # use etag_core::Versioned;
/// #[derive(Versioned)]
/// #[serde(tag = "type")]
/// enum Shape { Point, Circle { radius: f64 } }
/// # let circle = Shape::Circle { radius: 1.5 };
/// # assert_eq!(etag_core::canonical::to_vec(&circle).unwrap(), br#"{"radius":1.5,"type":"Circle"}"#);
/// # assert_eq!(etag_core::canonical::to_vec(&Shape::Point).unwrap(), br#"{"type":"Point"}"#);
/// ```
/// ```text
/// shape.when(|shape| ::core::matches!(shape, Self::Point), |shape| { shape.tag("type", "Point"); });
/// shape.when(|shape| ::core::matches!(shape, Self::Circle { .. }), |shape| {
///     shape.case_member("radius", |shape| match shape {
///         Self::Circle { radius } => ::core::option::Option::Some(radius),
///         Self::Point => ::core::option::Option::None,
///     });
///     shape.tag("type", "Circle");
/// });
/// ```
#[proc_macro_derive(Versioned, attributes(versioned, serde))]
pub fn versioned(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::caught(|| derive::derive(input.into())).into()
}
