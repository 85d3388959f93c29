//! The numbers that the conformance kit judges, on a type of each kind.

use crate::{content, dated, keeps, revised};

#[tokio::test]
async fn rfc_001_a_tag_is_quoted() {
    keeps(content().await, 1);
}

#[tokio::test]
async fn rfc_002_w_slash_is_in_capitals() {
    keeps(content().await, 2);
}

#[tokio::test]
async fn rfc_003_the_octets_of_a_tag_are_those_of_the_grammar() {
    keeps(content().await, 3);
}

#[tokio::test]
async fn rfc_004_no_tag_has_a_backslash() {
    keeps(content().await, 4);
}

#[tokio::test]
async fn rfc_005_the_empty_tag_is_a_tag() {
    keeps(content().await, 5);
}

#[tokio::test]
async fn rfc_006_a_comma_may_be_part_of_a_tag() {
    keeps(content().await, 6);
}

#[tokio::test]
async fn rfc_007_several_lines_are_one_list() {
    keeps(content().await, 7);
}

#[tokio::test]
async fn rfc_008_empty_members_are_passed_over() {
    keeps(content().await, 8);
}

#[tokio::test]
async fn rfc_009_a_wildcard_stands_alone() {
    keeps(content().await, 9);
}

#[tokio::test]
async fn rfc_010_a_quoted_wildcard_is_a_tag() {
    keeps(content().await, 10);
}

#[tokio::test]
async fn rfc_011_a_malformed_if_match_lets_no_write_through() {
    keeps(content().await, 11);
}

#[tokio::test]
async fn rfc_012_a_malformed_if_none_match_matches_nothing() {
    keeps(content().await, 12);
}

#[tokio::test]
async fn rfc_013_a_strong_tag_changes_with_the_octets() {
    keeps(content().await, 13);
}

#[tokio::test]
async fn rfc_014_no_tag_comes_back_with_other_octets() {
    keeps(revised().await, 14);
}

#[tokio::test]
async fn rfc_020_no_tag_moves_without_need() {
    keeps(content().await, 20);
}

#[tokio::test]
async fn rfc_022_a_200_has_its_validators() {
    keeps(content().await, 22);
}

#[tokio::test]
async fn rfc_026_dates_are_read_in_three_formats_and_sent_in_one() {
    keeps(dated().await, 26);
}

#[tokio::test]
async fn rfc_031_if_match_compares_strongly() {
    keeps(content().await, 31);
}

#[tokio::test]
async fn rfc_032_if_none_match_compares_weakly() {
    keeps(content().await, 32);
}

#[tokio::test]
async fn rfc_034_other_refusals_come_first() {
    keeps(content().await, 34);
}

#[tokio::test]
async fn rfc_035_conditions_make_no_refusal_of_another_one() {
    keeps(content().await, 35);
}

#[tokio::test]
async fn rfc_036_what_is_absent_is_404() {
    keeps(content().await, 36);
}

#[tokio::test]
async fn rfc_037_conditions_are_ignored_on_options() {
    keeps(content().await, 37);
}

#[tokio::test]
async fn rfc_041_a_wildcard_is_true_where_something_is() {
    keeps(content().await, 41);
}

#[tokio::test]
async fn rfc_042_a_list_is_true_where_any_tag_matches() {
    keeps(content().await, 42);
}

#[tokio::test]
async fn rfc_043_if_match_is_evaluated_where_it_is_sent() {
    keeps(content().await, 43);
}

#[tokio::test]
async fn rfc_044_what_is_forbidden_is_not_done() {
    keeps(content().await, 44);
}

#[tokio::test]
async fn rfc_045_a_write_that_is_sent_twice_is_done_once() {
    keeps(content().await, 45);
}

#[tokio::test]
async fn rfc_048_if_match_is_evaluated_on_get() {
    keeps(content().await, 48);
}

#[tokio::test]
async fn rfc_050_if_none_match_any_is_false_where_something_is() {
    keeps(content().await, 50);
}

#[tokio::test]
async fn rfc_051_if_none_match_is_false_where_any_tag_matches() {
    keeps(content().await, 51);
}

#[tokio::test]
async fn rfc_052_a_false_if_none_match_is_304_or_412() {
    keeps(content().await, 52);
}

#[tokio::test]
async fn rfc_053_if_none_match_any_only_creates() {
    keeps(content().await, 53);
}

#[tokio::test]
async fn rfc_054_what_if_none_match_forbids_is_not_done() {
    keeps(content().await, 54);
}

#[tokio::test]
async fn rfc_055_a_304_names_the_current_tag() {
    keeps(content().await, 55);
}

#[tokio::test]
async fn rfc_056_if_modified_since_gives_way_to_if_none_match() {
    keeps(dated().await, 56);
}

#[tokio::test]
async fn rfc_057_a_date_that_is_invalid_or_repeated_is_ignored() {
    keeps(dated().await, 57);
}

#[tokio::test]
async fn rfc_058_if_modified_since_is_for_reads() {
    keeps(dated().await, 58);
}

#[tokio::test]
async fn rfc_059_if_modified_since_needs_a_date() {
    keeps(content().await, 59);
}

#[tokio::test]
async fn rfc_060_what_did_not_change_since_is_304() {
    keeps(dated().await, 60);
}

#[tokio::test]
async fn rfc_061_if_unmodified_since_gives_way_to_if_match() {
    keeps(dated().await, 61);
}

#[tokio::test]
async fn rfc_062_an_invalid_if_unmodified_since_is_ignored() {
    keeps(dated().await, 62);
}

#[tokio::test]
async fn rfc_063_if_unmodified_since_needs_a_date() {
    keeps(content().await, 63);
}

#[tokio::test]
async fn rfc_064_if_unmodified_since_is_true_up_to_the_date() {
    keeps(dated().await, 64);
}

#[tokio::test]
async fn rfc_066_if_match_comes_first() {
    keeps(content().await, 66);
}

#[tokio::test]
async fn rfc_067_if_none_match_follows_a_true_if_match() {
    keeps(content().await, 67);
}

#[tokio::test]
async fn rfc_068_if_none_match_decides_alone() {
    keeps(dated().await, 68);
}

#[tokio::test]
async fn rfc_075_a_304_has_nothing_of_the_content() {
    keeps(content().await, 75);
}

#[tokio::test]
async fn rfc_077_head_is_get_without_content() {
    keeps(content().await, 77);
}

#[tokio::test]
async fn rfc_078_a_write_is_answered_with_the_new_tag() {
    keeps(content().await, 78);
}

#[tokio::test]
async fn rfc_079_no_tag_for_what_was_not_sent() {
    keeps(content().await, 79);
}

#[tokio::test]
async fn rfc_080_a_put_is_201_or_200() {
    keeps(content().await, 80);
}

#[tokio::test]
async fn rfc_081_a_201_has_the_tag_of_what_was_created() {
    keeps(content().await, 81);
}

#[tokio::test]
async fn rfc_083_content_location_is_true() {
    keeps(content().await, 83);
}

#[tokio::test]
async fn rfc_085_a_delete_is_answered_without_a_tag() {
    keeps(content().await, 85);
}

#[tokio::test]
async fn rfc_086_a_false_condition_is_412() {
    keeps(content().await, 86);
}

#[tokio::test]
async fn rfc_087_no_condition_no_412() {
    keeps(content().await, 87);
}

#[tokio::test]
async fn rfc_093_the_304_names_the_tag_that_matched() {
    keeps(content().await, 93);
}

#[tokio::test]
async fn rfc_094_a_428_says_how_to_resubmit() {
    keeps(content().await, 94);
}

#[tokio::test]
async fn rfc_095_a_428_is_not_stored() {
    keeps(content().await, 95);
}

#[tokio::test]
async fn rfc_096_a_428_is_for_writes_that_are_fine_otherwise() {
    keeps(content().await, 96);
}

#[tokio::test]
async fn rfc_105_unknown_preferences_are_ignored() {
    keeps(content().await, 105);
}

#[tokio::test]
async fn rfc_115_problems_have_their_media_type() {
    keeps(content().await, 115);
}

#[tokio::test]
async fn rfc_116_problems_tell_their_status() {
    keeps(content().await, 116);
}

#[tokio::test]
async fn rfc_117_problems_have_an_absolute_type() {
    keeps(content().await, 117);
}
