//! The parameters of a path, read where the router keeps them: nothing of them is copied to be looked at.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use smallvec::SmallVec;

use crate::{Key, Problem, Resource};

/// What is made of the texts of a key's parameters: those of the type's names that the path has, up to the first that
/// it has not, or its last ones.
pub(super) trait FromTexts<T: Resource>: Send {
    fn from_texts(texts: &[&str]) -> Self;
}

/// What the path of a request has of a key.
pub(super) async fn read<T: Resource, R: FromTexts<T>>(parts: &mut Parts) -> Result<R, Problem> {
    let path = Path::<Parameters<T, R>>::from_request_parts(parts, &()).await;
    // A parameter that is no UTF-8 names nothing.
    path.map(|Path(parameters)| parameters.read).map_err(|_| Problem::not_found())
}

impl<T: Resource> FromTexts<T> for Vec<String> {
    fn from_texts(texts: &[&str]) -> Self {
        texts.iter().copied().map(str::to_owned).collect()
    }
}

/// A key, where the path has all of its parts.
pub(super) enum PathKey<T: Resource> {
    Key(T::Key),
    /// Its parameters are no key.
    Malformed,
    /// The path has not all of its parameters.
    Missing,
}

impl<T: Resource> FromTexts<T> for PathKey<T> {
    fn from_texts(texts: &[&str]) -> Self {
        if texts.len() < T::Key::PARTS {
            return Self::Missing;
        }
        T::Key::from_parts(texts).map_or(Self::Malformed, Self::Key)
    }
}

/// The parameters of a path, as what is made of them.
struct Parameters<T, R> {
    read: R,
    of: PhantomData<fn() -> T>,
}

impl<'de, T: Resource, R: FromTexts<T>> Deserialize<'de> for Parameters<T, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = deserializer.deserialize_map(Reader(PhantomData))?;
        Ok(Self { read, of: PhantomData })
    }
}

/// As many as a key has in its place.
type Texts<'a> = SmallVec<[&'a str; 4]>;

struct Reader<T, R>(PhantomData<fn() -> (T, R)>);

impl<'de, T: Resource, R: FromTexts<T>> Visitor<'de> for Reader<T, R> {
    type Value = R;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parameters of a path")
    }

    fn visit_map<M: MapAccess<'de>>(self, parameters: M) -> Result<R, M::Error> {
        if T::PARAMETERS.is_empty() {
            let all = all(parameters)?;
            return Ok(R::from_texts(&all[all.len().saturating_sub(T::Key::PARTS)..]));
        }
        Ok(R::from_texts(&named(parameters, T::PARAMETERS)?))
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
