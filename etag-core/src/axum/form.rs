//! In which form a body shows something: an array, an object or a string.

use std::collections::BTreeMap;

use serde_json::Value;

/// Where an array was sent for an object, or an object for a string; and what was wanted.
///
/// A set is shown in an order of its own: an element is as wanted where any of those that are shown has its form. Each
/// value is looked at a fixed number of times, however many there are and however deep they stand.
pub(super) fn other_form<'a>(sent: &'a Value, shown: &Value) -> Option<(Vec<&'a str>, &'static str)> {
    if is_shown_in_place(sent, shown) {
        return None;
    }
    let mut form = Form::default();
    form.add(shown);
    let (mut path, wanted) = form.misses(sent)?;
    path.reverse();
    Some((path, wanted))
}

/// Whether each value has the form of that in the same place: so it is, but for sets.
fn is_shown_in_place(sent: &Value, shown: &Value) -> bool {
    match (sent, shown) {
        (Value::Array(_), Value::Object(_)) | (Value::Object(_), Value::String(_)) => false,
        (Value::Array(sent), Value::Array(shown)) => {
            sent.iter().zip(shown).all(|(sent, shown)| is_shown_in_place(sent, shown))
        }
        (Value::Object(sent), Value::Object(shown)) => {
            sent.iter().all(|(name, sent)| shown.get(name).is_none_or(|shown| is_shown_in_place(sent, shown)))
        }
        _ => true,
    }
}

/// The forms that one value has, or the elements of one array together.
#[derive(Default)]
struct Form<'a> {
    /// How many values these are.
    values: usize,
    /// How many of them are objects, and the forms of their members.
    objects: usize,
    members: BTreeMap<&'a str, Form<'a>>,
    /// Where some are arrays: the forms of their elements.
    array: Option<Box<Form<'a>>>,
    has_string: bool,
    /// `null`, a boolean or a number: anything may have been sent for it.
    has_other: bool,
}

impl<'a> Form<'a> {
    fn add(&mut self, shown: &'a Value) {
        self.values += 1;
        match shown {
            Value::Object(members) => {
                self.objects += 1;
                members.iter().for_each(|(name, member)| self.members.entry(name).or_default().add(member));
            }
            Value::Array(elements) => {
                let array = self.array.get_or_insert_default();
                elements.iter().for_each(|element| array.add(element));
            }
            Value::String(_) => self.has_string = true,
            Value::Null | Value::Bool(_) | Value::Number(_) => self.has_other = true,
        }
    }

    /// As [`other_form`], the innermost name first.
    fn misses<'b>(&self, sent: &'b Value) -> Option<(Vec<&'b str>, &'static str)> {
        match (sent, &self.array) {
            _ if self.has_other => None,
            (Value::Array(_), _) if self.has_string => None,
            (Value::Array(sent), Some(shown)) => sent.iter().find_map(|sent| shown.misses(sent)),
            (Value::Array(_), None) if self.objects > 0 => Some((Vec::new(), "an object")),
            (Value::Object(sent), None) if self.objects > 0 => sent.iter().find_map(|(name, sent)| {
                // One that does not show the member may have been sent with it.
                let shown = self.members.get(name.as_str()).filter(|shown| shown.values == self.objects)?;
                let (mut path, wanted) = shown.misses(sent)?;
                path.push(name);
                Some((path, wanted))
            }),
            (Value::Object(_), None) if self.has_string => Some((Vec::new(), "a string")),
            _ => None,
        }
    }
}
