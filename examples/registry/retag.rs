//! `--retag`: the rows that another release wrote, in this one's words before anybody asks for them.

use anyhow::{Context, ensure};
use etag_core::{Database, FromJson, Resource};
use indicatif::{ProgressBar, ProgressStyle};

use crate::assets::Asset;
use crate::products::Product;
use crate::settings::Settings;
use crate::specifications::Specifications;

/// Re-tags all collections; a row that can't be read is named, and the others are done.
pub async fn all(database: &Database) -> anyhow::Result<()> {
    let unreadable = collection::<Asset>(database).await?
        + collection::<Product>(database).await?
        + collection::<Settings>(database).await?
        + collection::<Specifications>(database).await?;
    ensure!(unreadable == 0, "{unreadable} rows can't be read, and stay as they are");
    Ok(())
}

/// Re-tags one collection; says how many of its rows can't be read.
async fn collection<T: Resource + FromJson>(database: &Database) -> anyhow::Result<u64> {
    let style = ProgressStyle::with_template("{prefix} {bar:40} {pos}/{len} rows, {per_sec}, {elapsed}")?;
    let bar = ProgressBar::new(0).with_style(style).with_prefix(T::COLLECTION);
    let retagged = database.retag::<T>(|so_far, unreadable| {
        bar.set_length(so_far.total.max(so_far.seen));
        bar.set_position(so_far.seen);
        bar.suspend(|| unreadable.iter().for_each(|error| eprintln!("{error}")));
    });
    let retagged = retagged.await.with_context(|| format!("the {} are not all re-tagged", T::COLLECTION))?;
    bar.finish_and_clear();
    let (seen, unreadable) = (retagged.seen, retagged.unreadable);
    println!(
        "{}: {seen} rows of another release, {} re-tagged, {unreadable} unreadable",
        T::COLLECTION,
        retagged.retagged
    );
    Ok(unreadable)
}
