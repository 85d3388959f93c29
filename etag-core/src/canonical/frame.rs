//! The value that is being written: whether it turned out a leaf, an array or an object, and, where
//! its members come in any order, what is needed to sort them.

use std::cmp::Ordering;

use super::string::{unescaped, utf16_order, utf16_order_of_utf8};
use super::{Error, Writer};

/// What a member counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Part of the state.
    State,
    /// Part of the state, and written by the framework: not compared when a write may change nothing.
    Stamp,
    Variant,
    Skip,
    /// The list of an envelope: its items count by their versions.
    Items,
    /// The place of the embedded tag; nothing is written there yet.
    Embed,
}

/// A member of the outermost value that is not plain state, as a range of the bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) role: Role,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// The value that is answered with: its roles count.
    Outermost,
    /// The list of an envelope that is answered with: its items have tags of their own.
    Items,
    /// Inside of another value: state as a whole.
    #[default]
    Nested,
}

/// It has nothing to drop, which would be code in each type that is written: the members that are to be sorted are
/// the writer's.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frame {
    form: Form,
    place: Place,
    flattening: Flattening,
    /// Whether what is said is said of one variant of an enum.
    in_case: bool,
}

/// Where the members of a value go.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flattening {
    /// Into an object of their own.
    #[default]
    No,
    /// Into an object that is already open.
    Fields,
    /// Into the object that has the tag of an enum: serde takes no option there.
    Newtype,
}

#[derive(Debug, Clone, Copy, Default)]
enum Form {
    #[default]
    Nothing,
    Leaf,
    Array {
        is_empty: bool,
    },
    /// Members that come in canonical order.
    Object {
        last: Option<&'static str>,
    },
    /// Members that come in any order: where their bytes start, and they themselves among those that the writer
    /// collects.
    Collected {
        start: usize,
        first: usize,
    },
}

/// A member of an object that is sorted when it closes: where its bytes start, its value's in them, and where they end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    start: usize,
    value: usize,
    end: usize,
    role: Role,
}

impl Frame {
    pub(super) fn new(place: Place) -> Self {
        Self { place, ..Self::default() }
    }

    pub(super) fn is_outermost(&self) -> bool {
        self.place == Place::Outermost
    }

    /// What a variant holds, as a member's value.
    pub(super) fn content(&self) -> Self {
        Self { in_case: self.in_case, ..Self::default() }
    }

    /// Whether the elements or entries of this value are items with tags of their own.
    pub(super) fn is_list(&self) -> bool {
        self.place != Place::Nested && !self.is_flattening()
    }

    pub(super) fn is_flattening(&self) -> bool {
        self.flattening != Flattening::No
    }

    pub(super) fn takes_options(&self) -> bool {
        self.flattening != Flattening::Newtype
    }

    pub(super) fn is_in_case(&self) -> bool {
        self.in_case
    }

    /// Sets whether one variant is spoken of; gives back what held before.
    pub(super) fn set_in_case(&mut self, in_case: bool) -> bool {
        std::mem::replace(&mut self.in_case, in_case)
    }

    /// A leaf, or a whole array: one value.
    #[inline]
    pub(super) fn leaf(&mut self, writer: &mut Writer) {
        if self.is_flattening() {
            writer.fail(Error::Flatten);
        } else {
            self.form = Form::Leaf;
        }
    }

    /// Opens the array before its first element, or writes the comma before the next one.
    pub(super) fn element(&mut self, writer: &mut Writer) {
        self.array(writer);
        if let Form::Array { is_empty } = &mut self.form
            && !std::mem::take(is_empty)
        {
            writer.bytes.push(b',');
        }
    }

    /// An array opens even if all its elements are left out.
    pub(super) fn array(&mut self, writer: &mut Writer) {
        match self.form {
            Form::Array { .. } => {}
            _ if self.is_flattening() => writer.fail(Error::Flatten),
            _ => {
                self.form = Form::Array { is_empty: true };
                writer.bytes.push(b'[');
            }
        }
    }

    /// An object opens even if all its members are left out.
    pub(super) fn object(&mut self, writer: &mut Writer) {
        if matches!(self.form, Form::Nothing) {
            self.form = Form::Object { last: None };
            writer.bytes.push(b'{');
        }
    }

    /// An object whose members are sorted when it closes.
    pub(super) fn collect(&mut self, writer: &mut Writer) {
        match self.form {
            Form::Collected { .. } => {}
            Form::Object { last: Some(name) } => writer.fail(Error::Order(name.to_owned())),
            _ => {
                self.object(writer);
                self.form = Form::Collected { start: writer.bytes.len(), first: writer.members.len() };
            }
        }
    }

    /// Sets where members go; gives back what held before.
    pub(super) fn set_flattening(&mut self, flattening: Flattening) -> Flattening {
        std::mem::replace(&mut self.flattening, flattening)
    }

    /// Writes what stands before a member's value; says where the member starts.
    #[inline(never)]
    pub(super) fn open_member(&mut self, writer: &mut Writer, name: &'static str) -> usize {
        match &mut self.form {
            Form::Object { last: Some(last) } => {
                writer.bytes.extend_from_slice(b",\"");
                if cfg!(debug_assertions) && !in_order(last, name) {
                    writer.error.get_or_insert(Error::Order(name.to_owned()));
                }
                *last = name;
            }
            Form::Object { last } => {
                *last = Some(name);
                writer.bytes.push(b'"');
            }
            Form::Nothing => {
                self.form = Form::Object { last: Some(name) };
                writer.bytes.extend_from_slice(b"{\"");
            }
            Form::Collected { first, .. } => {
                separate(*first, writer);
                writer.bytes.push(b'"');
            }
            Form::Leaf | Form::Array { .. } => writer.bytes.push(b'"'),
        }
        let start = writer.bytes.len() - 1;
        writer.bytes.extend_from_slice(name.as_bytes());
        writer.bytes.extend_from_slice(b"\":");
        start
    }

    /// Remembers a member that was opened at `start`, where anybody will ask.
    #[inline]
    pub(super) fn close_member(&self, writer: &mut Writer, name: &'static str, start: usize, role: Role) {
        if self.is_outermost() && role != Role::State || matches!(self.form, Form::Collected { .. }) {
            self.remember(writer, start, start + AROUND_A_NAME + name.len(), role);
        }
    }

    #[inline(never)]
    fn remember(&self, writer: &mut Writer, start: usize, value: usize, role: Role) {
        let end = writer.bytes.len();
        if let Form::Collected { .. } = self.form {
            writer.members.push(Member { start, value, end, role });
        } else {
            writer.facts.marks.push(Mark { start, end, role });
        }
    }

    /// Leaves a place for the embedded tag.
    pub(super) fn embed(&mut self, writer: &mut Writer, name: &'static str) {
        self.object(writer);
        let at = writer.bytes.len();
        if let Form::Collected { first, .. } = self.form {
            // The tag is shown once: where the outer type says, not where what it flattens does.
            let mut own = writer.members[first..].iter();
            if let Some(embedded) = own.position(|member| member.role == Role::Embed) {
                writer.members.remove(first + embedded);
            }
            self.remember(writer, at, at, Role::Embed);
        }
        writer.facts.embed = Some((at, name));
    }

    /// Writes the comma before a map's next entry; says where the entry starts.
    pub(super) fn open_entry(&self, writer: &mut Writer) -> usize {
        if let Form::Collected { first, .. } = self.form {
            separate(first, writer);
        }
        writer.bytes.len()
    }

    /// Remembers an entry that was opened at `start`, and whose value was written at `value`.
    pub(super) fn close_entry(&self, writer: &mut Writer, start: usize, value: usize) {
        self.remember(writer, start, value, Role::State);
    }

    /// Closes the value.
    #[inline]
    pub(super) fn close(&self, writer: &mut Writer) {
        if !matches!(self.form, Form::Leaf) {
            self.close_with(writer);
        }
    }

    #[inline(never)]
    fn close_with(&self, writer: &mut Writer) {
        match self.form {
            Form::Leaf => {}
            Form::Nothing => writer.fail(Error::SkippedVariant),
            Form::Array { .. } => writer.bytes.push(b']'),
            Form::Object { .. } => writer.bytes.push(b'}'),
            Form::Collected { start, first } => {
                let mut members = std::mem::take(&mut writer.members);
                close_collected(start, &mut members[first..], writer, self.is_outermost());
                members.truncate(first);
                writer.members = members;
                writer.bytes.push(b'}');
            }
        }
    }
}

impl Member {
    /// The name, as it is written between the quotes.
    fn name<'a>(&self, writer: &'a Writer) -> &'a [u8] {
        match (self.role, writer.facts.embed) {
            (Role::Embed, Some((_, name))) => name.as_bytes(),
            (Role::Embed, None) => b"",
            _ => name_between(&writer.bytes, self.start, self.value),
        }
    }

    fn unescaped_name(&self, writer: &Writer) -> String {
        let name = String::from_utf8_lossy(self.name(writer));
        unescaped(&name).into_owned()
    }
}

/// The name of a member at `start` whose value is at `value`, as it is written between the quotes.
pub(super) fn name_between(bytes: &[u8], start: usize, value: usize) -> &[u8] {
    bytes.get(start + 1..value.saturating_sub(2)).unwrap_or_default()
}

/// The quotes and the colon.
const AROUND_A_NAME: usize = 3;

fn close_collected(start: usize, members: &mut [Member], writer: &mut Writer, outermost: bool) {
    if !members.is_sorted_by(|a, b| order(a, b, writer).is_lt()) {
        sort(members, writer);
        if let Some(twice) = members.windows(2).find(|pair| pair[0].name(writer) == pair[1].name(writer)) {
            writer.fail(Error::Duplicate(twice[0].unescaped_name(writer)));
        }
        rewrite(start, members, writer);
    }
    if outermost {
        mark(members, writer);
    }
}

fn order(a: &Member, b: &Member, writer: &Writer) -> Ordering {
    match a.name(writer).contains(&b'\\') || b.name(writer).contains(&b'\\') {
        false => utf16_order_of_utf8(a.name(writer), b.name(writer)),
        true => utf16_order(&a.unescaped_name(writer), &b.unescaped_name(writer)),
    }
}

/// Names with escapes are read once each: a client may send many of them.
fn sort(members: &mut [Member], writer: &Writer) {
    match members.iter().any(|member| member.name(writer).contains(&b'\\')) {
        false => members.sort_by(|a, b| order(a, b, writer)),
        true => {
            members.sort_by_cached_key(|member| Vec::from_iter(member.unescaped_name(writer).encode_utf16()))
        }
    }
}

/// Puts the members' bytes into their new order.
fn rewrite(start: usize, members: &mut [Member], writer: &mut Writer) {
    let unsorted = writer.bytes.split_off(start);
    let mut first = true;
    for member in members {
        let text = &unsorted[member.start - start..member.end - start];
        if member.role != Role::Embed && !std::mem::take(&mut first) {
            writer.bytes.push(b',');
        }
        member.start = writer.bytes.len();
        writer.bytes.extend_from_slice(text);
        member.end = writer.bytes.len();
    }
}

fn mark(members: &[Member], writer: &mut Writer) {
    for &Member { start, end, role, .. } in members {
        match (role, &mut writer.facts.embed) {
            (Role::State, _) => {}
            (Role::Embed, Some((at, _))) => *at = start,
            (role, _) => writer.facts.marks.push(Mark { start, end, role }),
        }
    }
}

/// Writes the comma before the next member, where one of the same object is written.
fn separate(first: usize, writer: &mut Writer) {
    if writer.members[first..].iter().any(|member| member.role != Role::Embed) {
        writer.bytes.push(b',');
    }
}

fn in_order(last: &str, name: &str) -> bool {
    utf16_order(&unescaped(last), &unescaped(name)).is_lt()
}
