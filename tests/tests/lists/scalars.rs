//! Numbers and texts at their limits.

use super::*;

/// Each of these is found by what is shown of it, and they are sorted.
async fn are_in_order(database: &Database, member: &str, large: Vec<Large>) {
    let ids: Vec<u8> = large.iter().map(|large| large.id).collect();
    import(database, large.into_iter().rev().collect()).await;
    assert_eq!(ids_of::<Large>(database, &format!("sort={member}")).await, ids, "{member}");
    for id in ids {
        let large = database.get::<Large>(&id).await.unwrap();
        let text = serde_json::to_value(large).unwrap()[member].to_string().replace('+', "%2B");
        assert_eq!(ids_of::<Large>(database, &format!("{member}={text}")).await, [id], "{member}={text}");
    }
}

#[tokio::test]
async fn integers_are_told_apart_whatever_their_width() {
    on_each_database(async |database| {
        let wholes = [0, 1 << 53, (1 << 53) + 1, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];
        let large = |(id, whole)| Large { id, whole, ..LARGE };
        are_in_order(&database, "whole", (0..).zip(wholes).map(large).collect()).await;
    })
    .await;
}

#[tokio::test]
async fn integers_of_128_bits_are_ordered_by_their_value() {
    on_each_database(async |database| {
        let wides =
            [i128::MIN, -(1 << 100), -(1 << 64), i64::MIN.into(), -1, 1, i64::MAX.into(), 1 << 64, i128::MAX];
        let large = |(id, wide)| Large { id, wide, ..LARGE };
        import(&database, (0..).zip(wides).map(large).collect()).await;
        assert_eq!(ids_of::<Large>(&database, "sort=wide").await, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(ids_of::<Large>(&database, &format!("wide={}", i128::MIN)).await, [0]);
    })
    .await;
}

#[tokio::test]
async fn integers_of_a_foreign_type_are_told_apart() {
    on_each_database(async |database| {
        let foreign =
            [i64::MIN, -(1 << 53) - 1, -(1 << 53), 0, 1 << 53, (1 << 53) + 1, i64::MAX - 1, i64::MAX];
        let large = |(id, foreign)| Large { id, foreign, ..LARGE };
        are_in_order(&database, "foreign", (0..).zip(foreign).map(large).collect()).await;
    })
    .await;
}

#[tokio::test]
async fn a_double_is_found_by_any_notation_of_what_is_shown() {
    let doubles = [
        (
            9_223_372_036_854_774_784.0,
            ["9223372036854775000", "9223372036854775000.0", "9.223372036854775e18"],
        ),
        (1e20, ["100000000000000000000", "100000000000000000000.0", "1e20"]),
        (0.0, ["0", "-0", "-0.0"]),
    ];
    on_each_database(async |database| {
        let large = |(id, (double, _))| Large { id, double, ..LARGE };
        import(&database, (0..).zip(doubles).map(large).collect()).await;
        for (id, (_, texts)) in (0..).zip(doubles) {
            let shown = Representation::of(&database.get::<Large>(&id).await.unwrap().unwrap()).unwrap();
            let is_shown =
                String::from_utf8_lossy(shown.body()).contains(&format!("\"double\":{},", texts[0]));
            assert!(is_shown, "{}", texts[0]);
            for text in texts {
                let selection = Selection::parse::<Large>(&format!("double={text}"));
                assert!(selection.is_ok(), "{text}: {selection:?}");
                assert_eq!(ids_of::<Large>(&database, &format!("double={text}")).await, [id], "{text}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn doubles_are_told_apart_wherever_they_are() {
    on_each_database(async |database| {
        let doubles = [
            -1e-323,
            -5e-324,
            0.0,
            5e-324,
            1e-323,
            1e-300_f64.next_down(),
            1e-300,
            1e300,
            1e300_f64.next_up(),
        ];
        let large = |(id, double)| Large { id, double, ..LARGE };
        are_in_order(&database, "double", (0..).zip(doubles).map(large).collect()).await;
    })
    .await;
}

#[tokio::test]
async fn keys_are_ordered_as_texts_in_which_what_separates_them_is_escaped() {
    on_each_database(async |database| {
        import(&database, ODD.iter().rev().map(|id| ByText::new(id, "same")).collect()).await;
        assert_eq!(ids_of::<ByText>(&database, "sort=id").await, ODD);
        let mut escaped = ODD;
        escaped.sort_by_key(|id| id.replace('%', "%25").replace('/', "%2F").replace('\0', "%00"));
        assert_eq!(ids_of::<ByText>(&database, "").await, escaped);
        assert_eq!(ids_of::<ByText>(&database, "sort=text").await, escaped);
    })
    .await;
}
