//! In which form a body shows something: an array, an object or a string.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The forms that one value is shown in, or the elements of one array together.
///
/// A set is shown in an order of its own: an element is as wanted where any of those that are shown has its form.
#[derive(Debug, Default)]
pub(super) struct Form<'a> {
    /// How many values these are.
    values: usize,
    /// How many of them are objects, and the forms of their members.
    objects: usize,
    members: BTreeMap<Cow<'a, str>, Form<'a>>,
    /// Where some are arrays: the forms of their elements.
    array: Option<Box<Form<'a>>>,
    has_string: bool,
    /// `null`, a boolean or a number: anything may have been sent for it.
    has_other: bool,
}

impl<'a> Form<'a> {
    /// The form of what is shown; its texts and numbers are not kept.
    pub(super) fn of(shown: &'a [u8]) -> serde_json::Result<Self> {
        let mut form = Self::default();
        Add(&mut form).deserialize(&mut serde_json::Deserializer::from_slice(shown))?;
        Ok(form)
    }

    /// Anything may have been sent for these members: a function of the type's own reads them.
    pub(super) fn open(&mut self, names: impl Iterator<Item = &'a str>) {
        for name in names {
            self.members.entry(Cow::Borrowed(name)).or_default().has_other = true;
        }
    }

    /// Whether each of the values is an object.
    pub(super) fn is_object(&self) -> bool {
        self.objects > 0 && self.objects == self.values
    }

    /// What is wanted in place of an array, where that can't be the form of what is shown.
    pub(super) fn in_place_of_array(&self) -> Option<&'static str> {
        let is_object = self.objects > 0 && self.array.is_none() && !self.has_string && !self.has_other;
        is_object.then_some("an object")
    }

    /// What is wanted in place of an object.
    pub(super) fn in_place_of_object(&self) -> Option<&'static str> {
        let is_string = self.has_string && self.objects == 0 && self.array.is_none() && !self.has_other;
        is_string.then_some("a string")
    }

    /// The form of an array's elements; `None` where they can have any.
    pub(super) fn element(&self) -> Option<&Self> {
        self.array.as_deref().filter(|_| !self.has_string && !self.has_other)
    }

    /// The form of an object's member; `None` where it can have any.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        if self.array.is_some() || self.has_other {
            return None;
        }
        // One that does not show the member may have been sent with it.
        self.members.get(name).filter(|member| member.values == self.objects)
    }
}

/// Reads a value whose form is one more.
pub(super) struct Add<'f, 'a>(pub(super) &'f mut Form<'a>);

impl<'de> DeserializeSeed<'de> for Add<'_, 'de> {
    type Value = Part;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Part, D::Error> {
        self.0.values += 1;
        deserializer.deserialize_any(self)
    }
}

/// Whether what was read is a value of the text's.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Value,
    /// The digits of a number, which `serde_json` gives as an object's only member where its feature
    /// `arbitrary_precision` is on. They are the caller's to keep; a string of the text is lent.
    Digits,
}

impl Add<'_, '_> {
    fn other<E>(self) -> Result<Part, E> {
        self.0.has_other = true;
        Ok(Part::Value)
    }
}

impl<'de> Visitor<'de> for Add<'_, 'de> {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Part, E> {
        self.other()
    }

    fn visit_bool<E>(self, _: bool) -> Result<Part, E> {
        self.other()
    }

    fn visit_i64<E>(self, _: i64) -> Result<Part, E> {
        self.other()
    }

    fn visit_u64<E>(self, _: u64) -> Result<Part, E> {
        self.other()
    }

    fn visit_f64<E>(self, _: f64) -> Result<Part, E> {
        self.other()
    }

    fn visit_str<E>(self, _: &str) -> Result<Part, E> {
        self.0.has_string = true;
        Ok(Part::Value)
    }

    fn visit_string<E>(self, _: String) -> Result<Part, E> {
        Ok(Part::Digits)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Part, A::Error> {
        let element = self.0.array.get_or_insert_default();
        while array.next_element_seed(Add(element))?.is_some() {}
        Ok(Part::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Part, A::Error> {
        while let Some(Name(name)) = object.next_key()? {
            let member = self.0.members.entry(name).or_default();
            if object.next_value_seed(Add(member))? == Part::Digits {
                return self.other();
            }
        }
        self.0.objects += 1;
        Ok(Part::Value)
    }
}

/// A member's name, as it stands in the text where it has no escape.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}
