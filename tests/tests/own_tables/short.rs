//! How long a store of one's own is.

const SOURCES: [(&str, &str); 3] = [
    ("tools", include_str!("../../../examples/own_tables/tools.rs")),
    ("machines", include_str!("../../../examples/own_tables/machines.rs")),
    ("parts", include_str!("../../../examples/own_tables/parts.rs")),
];

/// The lines of a block that begins at the margin, from its first to its brace; empty ones count as well.
fn lines_of(source: &str, beginning: &str) -> usize {
    let lines = source.lines().skip_while(|line| !line.starts_with(beginning));
    lines.take_while(|line| *line != "}").count() + 1
}

#[test]
fn each_store_has_under_40_lines() {
    for (name, source) in SOURCES {
        let [place, store] =
            ["impl CompareAndSwap<", "impl Store<"].map(|beginning| lines_of(source, beginning));
        println!("{name}: {place} + {store} lines");
        assert!(place > 10 && store > 10, "{name}: both are there");
        assert!(place + store < 40, "{name}: {place} + {store} lines");
    }
}

/// A function beside the blocks that were counted would not have been counted.
#[test]
fn a_store_calls_no_function_of_its_file() {
    for (name, source) in SOURCES {
        let functions: Vec<&str> =
            source.lines().filter(|line| line.contains("fn ") && !line.starts_with(' ')).collect();
        let handlers = ["routes", "show", "create", "replace", "patch", "delete", "audit"];
        let is_known = |line: &&&str| handlers.iter().any(|handler| line.contains(&format!("fn {handler}(")));
        assert_eq!(functions.iter().filter(is_known).count(), functions.len(), "{name}: {functions:?}");
    }
}
