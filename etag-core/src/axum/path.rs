//! The parameters of a path, read where the router keeps them: nothing of them is copied to be looked at.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use smallvec::SmallVec;

use crate::{Key, Problem, Resource};

/// The key in the path of a request.
pub(super) async fn key<T: Resource>(parts: &mut Parts) -> Result<T::Key, Problem> {
    match Path::<PathKey<T>>::from_request_parts(parts, &()).await {
        Ok(Path(PathKey::Key(key))) => Ok(key),
        Ok(Path(PathKey::Missing)) => Err(misnamed(T::COLLECTION, T::PARAMETERS)),
        // A parameter that is no UTF-8 names nothing either.
        Ok(Path(PathKey::Malformed)) | Err(_) => Err(Problem::not_found()),
    }
}

fn misnamed(collection: &str, parameters: &[&str]) -> Problem {
    let wanted = parameters.join("`, `");
    Problem::internal_error(format!(
        "the route of a `{collection}` has not the parameters of its key, `{wanted}`: name them so, or write `id = \"…\"`"
    ))
}

/// A key, where the path has all of its parts: under the type's names, or as its last ones.
enum PathKey<T: Resource> {
    Key(T::Key),
    /// Its parameters are no key.
    Malformed,
    /// The path has not all of its parameters.
    Missing,
}

impl<T: Resource> PathKey<T> {
    fn read(texts: &[&str]) -> Self {
        if texts.len() < T::Key::PARTS {
            return Self::Missing;
        }
        T::Key::from_parts(texts).map_or(Self::Malformed, Self::Key)
    }
}

impl<'de, T: Resource> Deserialize<'de> for PathKey<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

/// As many as a key has in its place.
type Texts<'a> = SmallVec<[&'a str; 4]>;

struct Reader<T>(PhantomData<fn() -> T>);

impl<'de, T: Resource> Visitor<'de> for Reader<T> {
    type Value = PathKey<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parameters of a path")
    }

    fn visit_map<M: MapAccess<'de>>(self, parameters: M) -> Result<PathKey<T>, M::Error> {
        if T::PARAMETERS.is_empty() {
            let all = all(parameters)?;
            return Ok(PathKey::read(&all[all.len().saturating_sub(T::Key::PARTS)..]));
        }
        Ok(PathKey::read(&named(parameters, T::PARAMETERS)?))
    }
}

/// All texts, in the order of the path.
fn all<'de, M: MapAccess<'de>>(mut parameters: M) -> Result<Texts<'de>, M::Error> {
    let mut texts = Texts::new();
    while parameters.next_key_seed(PlaceAmong(&[]))?.is_some() {
        texts.push(parameters.next_value()?);
    }
    Ok(texts)
}

/// The texts under these names, in their order, up to the first that is missing.
fn named<'de, M: MapAccess<'de>>(mut parameters: M, names: &[&str]) -> Result<Texts<'de>, M::Error> {
    let mut found: SmallVec<[Option<&str>; 4]> = names.iter().map(|_| None).collect();
    while let Some(place) = parameters.next_key_seed(PlaceAmong(names))? {
        let text: &str = parameters.next_value()?;
        if let Some(place) = place {
            found[place].get_or_insert(text);
        }
    }
    Ok(found.into_iter().map_while(|text| text).collect())
}

/// Reads a name, as its place among these.
struct PlaceAmong<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for PlaceAmong<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for PlaceAmong<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a parameter")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}
