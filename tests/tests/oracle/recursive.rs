//! Types that have themselves inside.

use std::collections::BTreeMap;

use etag_core::Versioned;
use proptest::prelude::{BoxedStrategy, Strategy, any};
use proptest::{collection, option};
use serde::{Serialize, Serializer};

use crate::shape::Shape;
use crate::values::{Double, Name, Text, few, generated};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<List>(),
        Shape::of::<Tree>(),
        Shape::of::<Directory>(),
        Shape::of::<Json>(),
        Shape::of::<Expression>(),
        Shape::of::<Item>(),
        Shape::of::<Node<Text>>(),
        Shape::of::<Chain>(),
        Shape::of::<Onion>(),
    ]
}

#[derive(Debug, Serialize, Versioned)]
struct List {
    value: Double,
    next: Option<Box<List>>,
}

#[derive(Debug, Serialize, Versioned)]
struct Tree(Text, Vec<Tree>);

#[derive(Debug, Serialize, Versioned)]
struct Directory {
    size: u8,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    entries: BTreeMap<Name, Directory>,
}

#[derive(Debug, Clone, Serialize, Versioned)]
#[serde(untagged)]
enum Json {
    Null,
    Boolean(bool),
    Number(Double),
    String(Text),
    Array(Vec<Json>),
    Object(BTreeMap<Name, Json>),
}

#[derive(Debug, Clone, Serialize, Versioned)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Expression {
    Value { value: Double },
    Not { term: Box<Expression> },
    Add { right: Box<Expression>, left: Box<Expression> },
    All { terms: Vec<Expression> },
}

/// Two types that have each other inside.
#[derive(Debug, Serialize, Versioned)]
struct Item {
    name: Text,
    group: Option<Box<Group>>,
}

#[derive(Debug, Serialize, Versioned)]
enum Group {
    Items(Vec<Item>),
    Named { name: u8, first: Box<Item> },
}

#[derive(Debug, Clone, Serialize, Versioned)]
struct Node<T> {
    value: T,
    children: Vec<Node<T>>,
    parent: Option<Box<Node<Vec<u8>>>>,
}

/// Flattened into itself: without a form as soon as there are two.
#[derive(Debug, Versioned)]
struct Chain {
    n: u8,
    #[serde(flatten)]
    next: Option<Box<Chain>>,
}

/// serde's derive would not end: each flattened type has a serializer of its own.
impl Serialize for Chain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let chain = std::iter::successors(Some(self), |chain| chain.next.as_deref());
        serializer.collect_map(chain.map(|chain| ("n", chain.n)))
    }
}

#[derive(Debug, Serialize, Versioned)]
struct Onion(Option<Box<Onion>>);

generated! {
    List: few().prop_map(|values: Vec<Double>| {
        let first = Self { value: Double(-0.0), next: None };
        values.into_iter().fold(first, |next, value| Self { value, next: Some(Box::new(next)) })
    });
    Tree: recursive(any::<Text>().prop_map(|text| Self(text, vec![])), |inner| {
        (any::<Text>(), collection::vec(inner, 0..3)).prop_map(|(text, trees)| Self(text, trees)).boxed()
    });
    Directory: recursive(any::<u8>().prop_map(|size| Self { size, entries: BTreeMap::new() }), |inner| {
        let entries = collection::btree_map(any::<Name>(), inner, 0..3);
        (any::<u8>(), entries).prop_map(|(size, entries)| Self { size, entries }).boxed()
    });
    Json: recursive(leaf(), |inner| {
        let array = collection::vec(inner.clone(), 0..3).prop_map(Self::Array);
        let object = collection::btree_map(any::<Name>(), inner, 0..3).prop_map(Self::Object);
        array.boxed().prop_union(object.boxed()).boxed()
    });
    Expression: recursive(any::<Double>().prop_map(|value| Self::Value { value }), |inner| {
        let not = inner.clone().prop_map(|inner| Self::Not { term: inner.into() });
        let add = (inner.clone(), inner.clone())
            .prop_map(|(right, left)| Self::Add { right: right.into(), left: left.into() });
        let all = collection::vec(inner, 0..3).prop_map(|terms| Self::All { terms });
        proptest::prop_oneof![1 => not, 2 => add, 2 => all].boxed()
    });
    Item: recursive(any::<Text>().prop_map(|name| Self { name, group: None }), |inner| {
        let items = collection::vec(inner.clone(), 0..3).prop_map(Group::Items);
        let named = (any::<u8>(), inner)
            .prop_map(|(name, first)| Group::Named { name, first: first.into() });
        let group = items.boxed().prop_union(named.boxed());
        (any::<Text>(), group).prop_map(|(name, group)| Self { name, group: Some(Box::new(group)) }).boxed()
    });
    Node<Text>: recursive(any::<Text>().prop_map(alone), |inner| {
        let parent = few().prop_map(|value| Box::new(alone(value)));
        (any::<Text>(), collection::vec(inner, 0..3), option::of(parent))
            .prop_map(|(value, children, parent)| Self { value, children, parent })
            .boxed()
    });
    Chain: (any::<u8>(), any::<Option<u8>>()).prop_map(|(n, next)| {
        let next = next.map(|n| Box::new(Self { n, next: None }));
        Self { n, next }
    });
    Onion: (0..4).prop_map(|depth| (0..depth).fold(Self(None), |inner, _| Self(Some(Box::new(inner)))));
}

fn recursive<T: std::fmt::Debug + 'static>(
    leaf: impl Strategy<Value = T> + 'static,
    inner: fn(BoxedStrategy<T>) -> BoxedStrategy<T>,
) -> impl Strategy<Value = T> {
    leaf.prop_recursive(3, 8, 3, inner)
}

fn alone<T>(value: T) -> Node<T> {
    Node { value, children: vec![], parent: None }
}

fn leaf() -> impl Strategy<Value = Json> {
    proptest::prop_oneof![
        proptest::prelude::Just(Json::Null),
        any::<bool>().prop_map(Json::Boolean),
        any::<Double>().prop_map(Json::Number),
        any::<Text>().prop_map(Json::String),
    ]
}
