//! The derive macro of `etag-core`, which re-exports it: depend on that crate, not on this one.
//!
//! Attributes are read (`attributes`, `serde_attributes`), become a model (`model`), which is checked
//! (`check`) and only then written (`expand`, `resource`).

mod attributes;
mod bounds;
mod cases;
mod check;
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
/// `#[serde(transparent)]`) what that field is; an enum without data is the name of its variant.
///
/// A struct that is not stored and has a member `items` is the envelope of a list, such as
/// `{"items":[…],"total":7}`: each item has a tag of its own, as in a `Vec` that is answered with.
///
/// # On a field
///
/// A field has at most one of these; without one it is a member of the state.
///
/// **`id`**: the member that identifies the resource, and the path parameter of its name, or of
/// another one. On several fields, the key is a tuple.
///
/// ```
/// # use etag_core::Versioned;
/// # use uuid::Uuid;
/// # #[derive(Versioned)]
/// # #[versioned(store = etag_core::Database)]
/// # struct Shown { title: String,
/// #[versioned(id = "asset_id")] // /assets/{asset_id}
/// id: Uuid,
/// # }
/// # assert_eq!(<Shown as etag_core::Resource>::PARAMETERS, ["asset_id"]);
/// ```
///
/// **`revision`**: a number, or a time, that no two versions share. The tag is made of it instead of
/// the content.
///
/// ```
/// # use etag_core::Versioned;
/// # #[derive(Versioned)]
/// # struct Shown { title: String,
/// #[versioned(revision)]
/// revision: u64,
/// # }
/// # let shown = Shown { title: String::new(), revision: 7 };
/// # assert_eq!(etag_core::StateTag::of(&shown).unwrap().revision(), Some(7));
/// ```
///
/// **`modified`**: the time of the last change; `Last-Modified` is made of it.
///
/// ```
/// # use etag_core::{Representation, Timestamp, Versioned};
/// # #[derive(Versioned)]
/// # struct Shown { title: String,
/// #[versioned(modified)]
/// updated_at: Timestamp,
/// # }
/// # let shown = Shown { title: String::new(), updated_at: Timestamp::now() };
/// # assert!(Representation::of(&shown).unwrap().validators().last_modified.is_some());
/// ```
///
/// **`variant`**: shown, and in the tag, but not in the state that a write guards: an included
/// resource.
///
/// ```
/// # use etag_core::{StateTag, Versioned};
/// # type Author = String;
/// # #[derive(Versioned)]
/// # struct Shown { title: String,
/// #[versioned(variant)]
/// author: Option<Author>,
/// # }
/// # let shown = |author| Shown { title: String::new(), author };
/// # assert_eq!(StateTag::of(&shown(None)), StateTag::of(&shown(Some("Ada".to_owned()))));
/// ```
///
/// **`skip`**: shown, and in no tag; the tags of the type are weak.
///
/// ```
/// # use etag_core::{Representation, Versioned};
/// # #[derive(Versioned)]
/// # struct Shown { title: String,
/// #[versioned(skip)]
/// views: u64,
/// # }
/// # let shown = Shown { title: String::new(), views: 7 };
/// # assert!(Representation::of(&shown).unwrap().validators().etag.unwrap().is_weak());
/// ```
///
/// **`serde`**: a member of a type that only implements `Serialize`.
///
/// ```
/// # use etag_core::{Versioned, canonical};
/// # mod geo { #[derive(serde::Serialize)] pub struct Point { pub y: f32, pub x: f32 } }
/// # #[derive(Versioned)]
/// # struct Shown { title: String,
/// #[versioned(serde)]
/// location: geo::Point,
/// # }
/// # let shown = Shown { title: String::new(), location: geo::Point { y: 1.0, x: 2.0 } };
/// # assert_eq!(canonical::to_vec(&shown).unwrap(), br#"{"location":{"x":2,"y":1},"title":""}"#);
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
///
/// With `store` only:
///
/// - **`collection`** `= "assets"`: the collection's name in the store; else it is the type's.
/// - **`authorize`** `= Owners`: the policy that is asked before anything is read; else anyone may.
/// - **`key`** `= Uuid`: the key is only in the path. `()` is a singleton, a tuple several parameters.
/// - **`if_match`** `= "optional"` (or `"required"`, as it is without): whether a write needs `If-Match`.
/// - **`query`** `= "etag"`: the query parameter that counts as `If-Match`.
/// - **`create`** `= "put"`: a PUT creates what does not exist. `"put, ignore-if-match"`: even with
///   `If-Match`, if the key never existed.
///
/// ```
/// # use etag_core::{Database, Versioned};
/// #[derive(Versioned)]
/// #[versioned(store = Database, key = (), create = "put")] // PUT /settings
/// struct Settings { theme: String }
/// ```
///
/// On a struct with named fields:
///
/// - **`epoch`** `= 2`: moves every tag of the type when it is changed.
/// - **`embed`** `= "etag"`: a member that shows the entity tag itself. It is in no hash, so adding or
///   renaming it moves no tag: change the `epoch` with it.
///
/// ```
/// # use etag_core::Versioned;
/// #[derive(Versioned)]
/// #[versioned(epoch = 2, embed = "etag")]
/// struct Article { title: String }
/// ```
///
/// On any type:
///
/// - **`bound`** `= "T: Versioned"`: replaces the bounds that are inferred from the fields.
/// - **`crate`** `= "my_etag"`: where `etag_core` is.
///
/// ```
/// # use etag_core as my_etag;
/// # use my_etag::Versioned;
/// #[derive(Versioned)]
/// #[versioned(crate = "my_etag", bound = "T: my_etag::Versioned")]
/// struct Page<T> { items: Vec<T> }
/// ```
///
/// # serde's attributes
///
/// `rename`, `rename_all`, `skip`, `skip_serializing`, `skip_serializing_if`, `flatten` and
/// `transparent` mean here what they mean there, whether or not `Serialize` is derived too. What
/// only says how a value is read is passed over. Anything else that would change the form, such as
/// `serialize_with` or `tag`, is refused.
///
/// ```
/// # use etag_core::Versioned;
/// #[derive(Versioned)]
/// #[serde(rename_all = "camelCase")]
/// struct Article { #[serde(skip_serializing_if = "Option::is_none")] sub_title: Option<String> }
/// ```
#[proc_macro_derive(Versioned, attributes(versioned, serde))]
pub fn versioned(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::caught(|| derive::derive(input.into())).into()
}
