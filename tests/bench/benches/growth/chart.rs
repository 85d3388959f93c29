//! Times by size: a table to read, and a chart on logarithmic axes.

use plotters::coord::Shift;
use plotters::prelude::*;

type Drawn = Result<(), Box<dyn std::error::Error>>;

/// How long each of some things takes, by size.
#[derive(Debug)]
pub(crate) struct Chart<const N: usize> {
    /// What the size is counted in.
    pub(crate) size: &'static str,
    pub(crate) series: [&'static str; N],
    /// A size, and the seconds that each takes.
    pub(crate) rows: Vec<(f64, [f64; N])>,
}

/// It stands for the colour of the page's text.
const TEXT: RGBColor = RGBColor(128, 128, 128);

/// They can be read on white and on black.
const LINES: [RGBColor; 4] =
    [RGBColor(217, 130, 43), RGBColor(58, 157, 93), RGBColor(59, 130, 196), RGBColor(154, 107, 201)];

impl<const N: usize> Chart<N> {
    /// Prints the table, in microseconds.
    pub(crate) fn print(&self) {
        println!("| {} | {} |", self.size, self.series.join(" | "));
        println!("|--:|{}", "--:|".repeat(N));
        for (size, seconds) in &self.rows {
            println!("| {size} | {} |", seconds.map(microseconds).join(" | "));
        }
        println!();
    }

    /// Draws the chart, to be a part of a page.
    pub(crate) fn svg(&self) -> String {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, (680, 420)).into_drawing_area();
        self.draw(&area).expect("there is memory");
        drop(area);
        let title = format!("Time of {} by {}", self.series.join(", "), self.size).replace('`', "");
        let head = format!(r#"<svg role="img" aria-label="{title}" style="max-width: 100%; height: auto" "#);
        svg.replacen("<svg ", &head, 1).replace("#808080", "currentColor")
    }

    fn draw(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Drawn {
        let (sizes, times) = (decades(self.sizes()), decades(self.times()));
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .margin_right(30)
            .x_label_area_size(45)
            .y_label_area_size(70)
            .build_cartesian_2d(sizes.log_scale(), times.log_scale())?;
        chart
            .configure_mesh()
            .label_style(("sans-serif", 16, &TEXT))
            .axis_style(TEXT)
            .bold_line_style(TEXT.mix(0.2))
            .light_line_style(TRANSPARENT)
            .x_desc(self.size)
            .x_label_formatter(&|size| grouped(*size))
            .y_label_formatter(&|seconds| duration(*seconds))
            .draw()?;
        for ((number, name), line) in self.series.iter().enumerate().zip(LINES) {
            let points = || self.rows.iter().map(move |(size, seconds)| (*size, seconds[number]));
            chart
                .draw_series(LineSeries::new(points(), line.stroke_width(2)).point_size(3))?
                .label(name.replace('`', ""))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], line.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .label_font(("sans-serif", 16, &TEXT))
            .draw()?;
        Ok(area.present()?)
    }

    fn sizes(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().map(|(size, _)| *size)
    }

    fn times(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().flat_map(|(_, seconds)| *seconds)
    }
}

/// The powers of ten around some figures, and a little more, so that rounding leaves the ticks at both ends inside.
fn decades(figures: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (least, most) =
        figures.fold((f64::MAX, 0.0), |(least, most), figure| (figure.min(least), figure.max(most)));
    10_f64.powf(least.log10().floor()) * 0.999..10_f64.powf(most.log10().ceil()) * 1.001
}

/// Three digits at least.
fn microseconds(seconds: f64) -> String {
    let microseconds = seconds * 1e6;
    let decimals = if microseconds < 10.0 { 2 } else { usize::from(microseconds < 100.0) };
    format!("{microseconds:.decimals$}")
}

/// A power of ten of a second, in the greatest unit that it is a whole number of.
fn duration(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds > unit * 0.99).unwrap_or((1e-9, "ns"));
    format!("{:.0} {name}", seconds / unit)
}

/// A number with its thousands apart.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(" ")
}
