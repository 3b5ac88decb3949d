//! The little language in which things are drawn, and from its words to paths.
//!
//! A drawing lives in a box of 100 by 100, y downwards. Commands, numbers separated by blanks: `M x y`, `L x y …`,
//! `C` and `Q` as in SVG but absolute only, `Z`; `O cx cy r` a circle, `o` the same as a hole; `E cx cy rx ry` an
//! ellipse, `e` as a hole; `R x y w h r` a rounded rectangle; `S cx cy outer inner points` a star; `P cx cy distance
//! r n` a ring of n circles; `T width x y x y …` a stroked line.

use tiny_skia::{LineCap, LineJoin, Path, PathBuilder, Stroke, Transform};

/// Which colour a part of a thing takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The thing's colour.
    Body,
    /// The same in shadow.
    Shade,
    /// The same in light.
    Light,
    /// The second colour; lighter or darker than the body when none was asked.
    Accent,
    /// The second colour; a warm white when none was asked.
    Cloth,
    /// Near black.
    Dark,
    /// Near white.
    Pale,
    /// Bark and boards.
    Wood,
    /// Stems and leaves.
    Leaf,
    /// Windows.
    Glass,
    /// Lamps and yolks.
    Glow,
}

/// One part: what it's coloured with, and its outline in the little language.
pub type Part = (Ink, &'static str);

/// Distance of a cubic's control points that makes a quarter of a circle, in radii.
const KAPPA: f32 = 0.552_284_8;

/// Reads an outline. What can't be read is left out; a test reads all of them.
pub fn path(outline: &str) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (command, numbers) in commands(outline) {
        draw(&mut builder, command, &numbers)?;
    }
    builder.finish()
}

fn commands(outline: &str) -> Vec<(char, Vec<f32>)> {
    let mut found: Vec<(char, Vec<f32>)> = Vec::new();
    let mut number = String::new();
    let flush = |number: &mut String, found: &mut Vec<(char, Vec<f32>)>| {
        if let (Ok(value), Some((_, numbers))) = (number.parse(), found.last_mut()) {
            numbers.push(value);
        }
        number.clear();
    };
    for c in outline.chars() {
        if c.is_ascii_alphabetic() {
            flush(&mut number, &mut found);
            found.push((c, Vec::new()));
        } else if c.is_ascii_whitespace() || c == ',' {
            flush(&mut number, &mut found);
        } else {
            number.push(c);
        }
    }
    flush(&mut number, &mut found);
    found
}

fn draw(builder: &mut PathBuilder, command: char, numbers: &[f32]) -> Option<()> {
    match (command, numbers) {
        ('M', &[x, y]) => builder.move_to(x, y),
        ('L', points) => {
            for point in points.chunks_exact(2) {
                let &[x, y] = point else { continue };
                builder.line_to(x, y);
            }
        }
        ('C', &[ax, ay, bx, by, x, y]) => builder.cubic_to(ax, ay, bx, by, x, y),
        ('Q', &[ax, ay, x, y]) => builder.quad_to(ax, ay, x, y),
        ('Z', []) => builder.close(),
        ('O', &[cx, cy, r]) => ellipse(builder, (cx, cy), (r, r), false),
        ('o', &[cx, cy, r]) => ellipse(builder, (cx, cy), (r, r), true),
        ('E', &[cx, cy, rx, ry]) => ellipse(builder, (cx, cy), (rx, ry), false),
        ('e', &[cx, cy, rx, ry]) => ellipse(builder, (cx, cy), (rx, ry), true),
        ('R', &[x, y, w, h, r]) => rounded(builder, (x, y), (w, h), r),
        ('S', &[cx, cy, outer, inner, points]) => star(builder, (cx, cy), outer, inner, points),
        ('P', &[cx, cy, distance, r, count]) => {
            let mut at = 0.0;
            while at < count {
                let (sin, cos) = (std::f32::consts::TAU * at / count).sin_cos();
                ellipse(builder, (cx + sin * distance, cy - cos * distance), (r, r), false);
                at += 1.0;
            }
        }
        ('T', &[width, ref points @ ..]) => builder.push_path(&line(width, points)?),
        _ => return None,
    }
    Some(())
}

/// Adds an ellipse, clockwise, or the other way round so that it cuts a hole.
pub fn ellipse(builder: &mut PathBuilder, (cx, cy): (f32, f32), (rx, ry): (f32, f32), hole: bool) {
    let turn = if hole { -1.0 } else { 1.0 };
    let (kx, ky) = (rx * KAPPA, ry * KAPPA * turn);
    let ry = ry * turn;
    builder.move_to(cx + rx, cy);
    builder.cubic_to(cx + rx, cy + ky, cx + kx, cy + ry, cx, cy + ry);
    builder.cubic_to(cx - kx, cy + ry, cx - rx, cy + ky, cx - rx, cy);
    builder.cubic_to(cx - rx, cy - ky, cx - kx, cy - ry, cx, cy - ry);
    builder.cubic_to(cx + kx, cy - ry, cx + rx, cy - ky, cx + rx, cy);
    builder.close();
}

/// Adds a rectangle with round corners.
pub fn rounded(builder: &mut PathBuilder, (x, y): (f32, f32), (w, h): (f32, f32), r: f32) {
    let r = r.min(w / 2.0).min(h / 2.0);
    let k = r * (1.0 - KAPPA);
    builder.move_to(x + r, y);
    builder.line_to(x + w - r, y);
    builder.cubic_to(x + w - k, y, x + w, y + k, x + w, y + r);
    builder.line_to(x + w, y + h - r);
    builder.cubic_to(x + w, y + h - k, x + w - k, y + h, x + w - r, y + h);
    builder.line_to(x + r, y + h);
    builder.cubic_to(x + k, y + h, x, y + h - k, x, y + h - r);
    builder.line_to(x, y + r);
    builder.cubic_to(x, y + k, x + k, y, x + r, y);
    builder.close();
}

fn star(builder: &mut PathBuilder, (cx, cy): (f32, f32), outer: f32, inner: f32, points: f32) {
    let mut at = 0.0;
    while at < points * 2.0 {
        let radius = if at % 2.0 < 0.5 { outer } else { inner };
        let (sin, cos) = (std::f32::consts::PI * at / points).sin_cos();
        let (x, y) = (cx + sin * radius, cy - cos * radius);
        if at == 0.0 {
            builder.move_to(x, y);
        } else {
            builder.line_to(x, y);
        }
        at += 1.0;
    }
    builder.close();
}

fn line(width: f32, points: &[f32]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (index, point) in points.chunks_exact(2).enumerate() {
        let &[x, y] = point else { continue };
        if index == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
    builder.finish()?.stroke(&stroke, 4.0)
}

/// Puts a path of the box at a place: centre and size in pixels, tilt in degrees, mirrored or not.
pub fn placed(path: Path, (cx, cy): (f32, f32), size: f32, tilt: f32, mirrored: bool) -> Option<Path> {
    let scale = size / 100.0;
    let across = if mirrored { -scale } else { scale };
    let transform = Transform::from_translate(-50.0, -50.0)
        .post_scale(across, scale)
        .post_rotate(tilt)
        .post_translate(cx, cy);
    path.transform(transform)
}
