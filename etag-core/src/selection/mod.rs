//! Which resources a list has, in which order: [`Selection`].

mod scalar;

use std::collections::HashSet;

pub(crate) use scalar::Scalar;

use crate::outline::{Kind, Member, Outline};
use crate::{InvalidTimestamp, Versioned};

/// A page of the resources that equal what the filters say, in an order: what a list's query string selects.
///
/// | parameter | selects |
/// |---|---|
/// | `limit=20` | at most that many resources: 50 where nothing is said, and 500 at most |
/// | `offset=40` | those behind the first 40 |
/// | `sort=status,-value` | the order: by these members, `-` for the greatest first; the key comes last |
/// | `status=active` | those whose member `status` is `active` |
///
/// The names are those of the members as they are sent. A member that is an object or an array can't be selected
/// by, nor filtered by if it is called `limit`, `offset` or `sort`.
///
/// In one order stand what is `null` or absent, then numbers, then texts; texts are ordered by their Unicode code
/// points, and keys by their texts, in which `%` and `/` are `%25` and `%2F`: 10 comes before 2.
///
/// A database that has no index for them reads the members of all resources of the type to filter or sort them.
///
/// ```
/// use etag_core::{Selection, Versioned};
///
/// #[derive(Versioned)]
/// struct Pump {
///     name: String,
///     litres: f64,
/// }
///
/// let full = Selection::parse::<Pump>("litres=40&sort=-name&limit=20")?;
/// assert_eq!(full, Selection::new().with_filter("litres", "40").with_sort("-name").with_limit(20));
/// let error = Selection::parse::<Pump>("colour=red").unwrap_err();
/// assert_eq!(error.to_string(), "`colour`: no such member; `litres` and `name` can be selected by");
/// # Ok::<(), etag_core::InvalidSelection>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    limit: u64,
    offset: u64,
    sort: Vec<String>,
    filters: Vec<(String, String)>,
}

/// A query string selects by something that there is not.
///
/// ```
/// use etag_core::{Problem, Selection, Versioned};
///
/// #[derive(Versioned)]
/// struct Pump {
///     litres: u64,
/// }
///
/// let error = Selection::parse::<Pump>("litres=many").unwrap_err();
/// assert_eq!(error.to_string(), "`litres`: expected an integer");
/// assert_eq!(Problem::from(error).status(), 400);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{parameter}`: {reason}")]
pub struct InvalidSelection {
    parameter: String,
    reason: String,
}

impl Selection {
    /// The first 50 resources, by key.
    ///
    /// ```
    /// use etag_core::Selection;
    ///
    /// let first = Selection::new();
    /// assert_eq!((first.limit(), first.offset()), (50, 0));
    /// assert!(first.sort().is_empty() && first.filters().is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { limit: 50, offset: 0, sort: Vec::new(), filters: Vec::new() }
    }

    /// At most that many resources; 500 where it is more.
    ///
    /// ```
    /// use etag_core::Selection;
    ///
    /// assert_eq!(Selection::new().with_limit(20).limit(), 20);
    /// assert_eq!(Selection::new().with_limit(10_000).limit(), 500);
    /// ```
    #[must_use]
    pub fn with_limit(self, limit: u64) -> Self {
        Self { limit: limit.min(MOST), ..self }
    }

    /// Those behind the first `offset` resources.
    ///
    /// ```
    /// use etag_core::Selection;
    ///
    /// let third_page = Selection::new().with_limit(20).with_offset(40);
    /// assert_eq!((third_page.limit(), third_page.offset()), (20, 40));
    /// ```
    #[must_use]
    pub fn with_offset(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    /// Sorts by a member, behind those that were named before; `-name` sorts the greatest first.
    ///
    /// ```
    /// use etag_core::Selection;
    ///
    /// let selection = Selection::new().with_sort("status").with_sort("-value");
    /// assert_eq!(selection.sort(), ["status", "-value"]);
    /// ```
    #[must_use]
    pub fn with_sort(mut self, member: impl Into<String>) -> Self {
        self.sort.push(member.into());
        self
    }

    /// Only those whose member is this: a text, a number, `true` or `false`, or a time.
    ///
    /// ```
    /// use etag_core::Selection;
    ///
    /// let active = Selection::new().with_filter("status", "active");
    /// assert_eq!(active.filters(), [("status".to_owned(), "active".to_owned())]);
    /// let both = active.with_filter("litres", "40"); // must hold
    /// assert_eq!(both.filters().len(), 2);
    /// ```
    #[must_use]
    pub fn with_filter(mut self, member: impl Into<String>, value: impl Into<String>) -> Self {
        self.filters.push((member.into(), value.into()));
        self
    }

    /// Reads a query string.
    ///
    /// ```
    /// use etag_core::{Selection, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Pump {
    ///     name: String,
    /// }
    ///
    /// let selection = Selection::parse::<Pump>("name=north+east&offset=40")?;
    /// assert_eq!(selection, Selection::new().with_filter("name", "north east").with_offset(40));
    /// assert!(Selection::parse::<Pump>("name=north&name=east").is_err());
    /// # Ok::<(), etag_core::InvalidSelection>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where a parameter is no member of `T`, is there twice, or has a value that the member can't have.
    pub fn parse<T: Versioned>(query: &str) -> Result<Self, InvalidSelection> {
        Self::read(Outline::of::<T>(), query)
    }

    fn read(outline: &Outline, query: &str) -> Result<Self, InvalidSelection> {
        let mut selection = Self::new();
        let mut seen = HashSet::new();
        let members = &outline.members;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !seen.insert(name.clone()) {
                return Err(InvalidSelection::new(&*name, "it is there twice; send it once"));
            }
            selection = match &*name {
                "limit" => selection.with_limit(count(&name, &value)?),
                "offset" => selection.with_offset(count(&name, &value)?),
                "sort" => value.split(',').take(members.len() + 1).fold(selection, Self::with_sort),
                _ => {
                    find(&name, &name, members)?;
                    selection.with_filter(&*name, value)
                }
            };
        }
        selection.resolve(outline)?;
        Ok(selection)
    }

    /// How many resources there are at most.
    ///
    /// ```
    /// use etag_core::Selection;
    ///
    /// assert_eq!(Selection::new().limit(), 50);
    /// assert_eq!(Selection::new().with_limit(20).limit(), 20);
    /// ```
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// How many resources are passed over.
    ///
    /// ```
    /// use etag_core::Selection;
    ///
    /// assert_eq!(Selection::new().offset(), 0);
    /// assert_eq!(Selection::new().with_offset(40).offset(), 40);
    /// ```
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The members that are sorted by, in the order of their weight; `-` stands before one whose greatest comes first.
    ///
    /// ```
    /// use etag_core::{Selection, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Pump {
    ///     name: String,
    ///     litres: f64,
    /// }
    ///
    /// assert_eq!(Selection::parse::<Pump>("sort=-litres,name")?.sort(), ["-litres", "name"]);
    /// # Ok::<(), etag_core::InvalidSelection>(())
    /// ```
    pub fn sort(&self) -> &[String] {
        &self.sort
    }

    /// The members that are filtered by, and their values.
    ///
    /// ```
    /// use etag_core::{Selection, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Pump {
    ///     name: String,
    ///     litres: f64,
    /// }
    ///
    /// let selection = Selection::parse::<Pump>("limit=20&litres=40.0")?;
    /// assert_eq!(selection.filters(), [("litres".to_owned(), "40.0".to_owned())]);
    /// # Ok::<(), etag_core::InvalidSelection>(())
    /// ```
    pub fn filters(&self) -> &[(String, String)] {
        &self.filters
    }

    /// The same, with each name looked up among the members of that type.
    pub(crate) fn resolve(&self, outline: &Outline) -> Result<Resolved, InvalidSelection> {
        let members = &outline.members;
        let mut sort: Vec<(Column, bool)> = Vec::new();
        let mut seen = HashSet::new();
        for key in &self.sort {
            let name = key.strip_prefix('-');
            let (column, member) = find("sort", name.unwrap_or(key), members)?;
            if !seen.insert(&member.name) {
                return Err(InvalidSelection::new("sort", format!("`{}` is there twice", member.name)));
            }
            // A revision and a modification time are one stamp.
            if sort.iter().all(|(other, _)| *other != column) {
                sort.push((column, name.is_some()));
            }
        }
        let filters = self.filters.iter().map(|(name, value)| {
            let (column, member) = find(name, name, members)?;
            // A stamp is known by its time, whatever type holds it.
            let is_time = member.is_stamp && member.kind != Kind::Integer;
            let kind = if is_time { &Kind::Time } else { &member.kind };
            Ok((column, scalars(name, value, kind)?))
        });
        Ok(Resolved {
            limit: self.limit,
            offset: self.offset,
            sort,
            filters: filters.collect::<Result<_, _>>()?,
        })
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::new()
    }
}

const MOST: u64 = 500;

/// A selection from the rows of one type.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    /// In the order of their weight, and whether the greatest comes first.
    pub(crate) sort: Vec<(Column, bool)>,
    /// Each column, and the values of which it must be one.
    pub(crate) filters: Vec<(Column, Vec<Scalar>)>,
}

impl Resolved {
    /// Whether members are selected by, and not only the key and the time of the version.
    pub(crate) fn knows_members(&self) -> bool {
        let columns =
            self.sort.iter().map(|(column, _)| column).chain(self.filters.iter().map(|(column, _)| column));
        columns.into_iter().any(|column| *column != Column::Modified)
    }
}

/// What a row can be selected by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// When the version came about, in microseconds.
    Modified,
    /// The member at that place in its type's outline.
    Member(usize),
}

fn find<'a>(
    parameter: &str,
    name: &str,
    members: &'a [Member],
) -> Result<(Column, &'a Member), InvalidSelection> {
    let Some(index) = members.iter().position(|member| member.name == name) else {
        let scalars = members.iter().filter(|member| member.kind != Kind::Composite);
        let names: Vec<String> = scalars.map(|member| format!("`{}`", member.name)).collect();
        let no_such =
            if parameter == name { "no such member".to_owned() } else { format!("no member `{name}`") };
        let reason = match names.split_last() {
            Some((last, [])) => format!("{no_such}; {last} can be selected by"),
            Some((last, others)) => format!("{no_such}; {} and {last} can be selected by", others.join(", ")),
            None => no_such,
        };
        return Err(InvalidSelection::new(parameter, reason));
    };
    let member = &members[index];
    if member.kind == Kind::Composite {
        let reason = format!("`{name}` is an object or an array, which no list is selected by");
        return Err(InvalidSelection::new(parameter, reason));
    }
    let column = if member.is_stamp { Column::Modified } else { Column::Member(index) };
    Ok((column, member))
}

/// The scalars that a text can mean, for a member of that kind.
fn scalars(name: &str, text: &str, kind: &Kind) -> Result<Vec<Scalar>, InvalidSelection> {
    let expected = |what: &str| Err(InvalidSelection::new(name, format!("expected {what}")));
    let as_text = || Scalar::text(text, kind);
    match (kind, Scalar::number(text, kind)) {
        (Kind::Integer | Kind::Wide | Kind::Double, Some(number)) => Ok(vec![number]),
        (Kind::Integer | Kind::Wide, None) => expected("an integer"),
        (Kind::Double, None) => expected("a number"),
        #[cfg(feature = "uuid")]
        (Kind::Uuid, _) => match text.parse::<uuid::Uuid>() {
            Ok(uuid) => Ok(vec![Scalar::Text(uuid.to_string())]),
            Err(_) => expected("a UUID"),
        },
        (Kind::Boolean, _) if !matches!(text, "true" | "false") => expected("`true` or `false`"),
        (Kind::Time, _) => match Scalar::time(text) {
            Some(time) => Ok(vec![time]),
            None => Err(InvalidSelection::new(name, InvalidTimestamp.to_string())),
        },
        (Kind::Names(names), _) if !names.iter().any(|name| name == text) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            expected(&format!("one of {}", names.join(", ")))
        }
        (Kind::Unknown, Some(number)) => Ok(vec![as_text(), number]),
        _ => Ok(vec![as_text()]),
    }
}

fn count(name: &str, text: &str) -> Result<u64, InvalidSelection> {
    let is_count = text.bytes().all(|digit| digit.is_ascii_digit());
    let count = text.parse().ok().filter(|_| is_count);
    count.ok_or_else(|| InvalidSelection::new(name, "expected a whole number that is not negative"))
}

impl InvalidSelection {
    /// Says what is wrong with a parameter.
    ///
    /// ```
    /// use etag_core::InvalidSelection;
    ///
    /// let error = InvalidSelection::new("near", "expected a latitude and a longitude");
    /// assert_eq!(error.to_string(), "`near`: expected a latitude and a longitude");
    /// ```
    pub fn new(parameter: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), reason: reason.into() }
    }

    /// The parameter that is wrong.
    ///
    /// ```
    /// use etag_core::{Selection, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Pump {
    ///     litres: f64,
    /// }
    ///
    /// let error = Selection::parse::<Pump>("sort=colour").unwrap_err();
    /// assert_eq!(error.parameter(), "sort");
    /// assert_eq!(Selection::parse::<Pump>("colour=red").unwrap_err().parameter(), "colour");
    /// ```
    pub fn parameter(&self) -> &str {
        &self.parameter
    }
}
