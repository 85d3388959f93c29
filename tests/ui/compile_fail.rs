//! What must not compile does not, and the compiler's words say which edit is next.
//!
//! The words are those of rustc 1.95; after another edit to a message, `TRYBUILD=overwrite` writes them anew.

#[rustversion::attr(not(stable(1.95)), ignore = "the expected words are those of rustc 1.95")]
#[test]
fn each_mistake_is_refused_in_words_that_name_the_next_edit() {
    trybuild::TestCases::new().compile_fail("*/*.rs");
}
