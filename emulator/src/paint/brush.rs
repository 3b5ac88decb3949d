//! The canvas, and the three hands that paint on it. Everything visible goes through [`Brush::shape`], so a style is
//! decided here and in `finish` and nowhere else.

use tiny_skia::{
    Color, FillRule, FilterQuality, GradientStop, LinearGradient, Mask, Paint, Path, PathBuilder, Pixmap,
    PixmapPaint, Point, RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

use crate::colour::Lab;
use crate::service::Provider;

/// What is being painted: it decides shadow and modelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// A wide layer of the background.
    Layer,
    /// A thing, or a part of it that stands out.
    Thing,
    /// A mark on a thing.
    Detail,
}

/// A canvas with a style.
pub struct Brush {
    /// The pixels.
    pub pixmap: Pixmap,
    /// Whose style.
    pub style: Provider,
    /// Width, pixels.
    pub w: f32,
    /// Height, pixels.
    pub h: f32,
    /// The shorter side, pixels: what sizes are measured in.
    pub unit: f32,
}

/// A shadow or a glow: where it falls and how soft it is, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// Offset to the right.
    pub dx: f32,
    /// Offset downwards.
    pub dy: f32,
    /// How far it fades.
    pub blur: f32,
    /// Its colour.
    pub colour: Lab,
    /// How strong, 0 to 1.
    pub alpha: f32,
}

impl Brush {
    /// A canvas filled with one colour; `None` when it would have no pixels.
    pub fn new(style: Provider, width: u32, height: u32, ground: Lab) -> Option<Self> {
        let mut pixmap = Pixmap::new(width, height)?;
        pixmap.fill(color(ground, 1.0));
        let (w, h) = (width as f32, height as f32);
        Some(Self { pixmap, style, w, h, unit: w.min(h) })
    }

    /// Paints a shape in this style.
    pub fn shape(&mut self, path: &Path, lab: Lab, depth: Depth) {
        match self.style {
            Provider::Openai => self.modelled(path, lab, depth),
            Provider::Gemini => self.cut(path, lab, depth),
            Provider::Workers => self.brushed(path, lab, depth),
        }
    }

    /// Soft: light from the upper left, a gradient across the form, a wide shadow below.
    fn modelled(&mut self, path: &Path, lab: Lab, depth: Depth) {
        let bounds = path.bounds();
        let size = bounds.width().max(bounds.height());
        match depth {
            Depth::Layer => {
                self.cast(
                    path,
                    Cast {
                        dx: 0.0,
                        dy: -0.008 * self.unit,
                        blur: 0.035 * self.unit,
                        colour: shadow(lab),
                        alpha: 0.16,
                    },
                );
                self.gradient(
                    path,
                    [lab.lighter(0.022), lab.lighter(-0.028)],
                    (0.0, bounds.top()),
                    (0.0, bounds.bottom().min(self.h)),
                );
            }
            Depth::Thing => {
                let (cx, cy) = centre(bounds);
                let reach = size * 0.72;
                self.fill(path, &radial(lab, (cx - size * 0.17, cy - size * 0.22), reach));
                self.sheen(
                    path,
                    (bounds.left() + bounds.width() * 0.30, bounds.top() + bounds.height() * 0.22),
                    size * 0.30,
                );
            }
            Depth::Detail => {
                self.gradient(
                    path,
                    [lab.lighter(0.03), lab.lighter(-0.035)],
                    (bounds.left(), bounds.top()),
                    (bounds.right(), bounds.bottom()),
                );
            }
        }
    }

    /// Cut paper: flat, a short hard shadow, a lit edge.
    fn cut(&mut self, path: &Path, lab: Lab, depth: Depth) {
        let lift = match depth {
            Depth::Layer => 0.010,
            Depth::Thing => 0.009,
            Depth::Detail => 0.004,
        } * self.unit;
        let down = if depth == Depth::Layer { -0.35 * lift } else { lift };
        self.cast(
            path,
            Cast { dx: lift * 0.55, dy: down, blur: lift * 1.5, colour: shadow(lab), alpha: 0.34 },
        );
        self.flat(path, lab);
        let stroke = Stroke { width: (self.unit * 0.0016).max(0.7), ..Stroke::default() };
        let paint = solid(lab.lighter(0.055), 0.65);
        self.pixmap.stroke_path(path, &paint, &stroke, Transform::identity(), None);
    }

    /// Gouache: a flat body with a darker pool at its foot and a dry, loose contour. `finish` drags the brush through.
    fn brushed(&mut self, path: &Path, lab: Lab, depth: Depth) {
        let bounds = path.bounds();
        let (top, bottom) =
            ((bounds.left(), bounds.top()), (bounds.left() + bounds.width() * 0.3, bounds.bottom()));
        match depth {
            Depth::Layer => self.gradient(path, [lab.lighter(0.03), lab.lighter(-0.035)], top, bottom),
            Depth::Thing => {
                self.gradient(path, [lab.lighter(0.035), lab.lighter(-0.05)], top, bottom);
                // A contour that a small thing can carry.
                let width = (self.unit * 0.0058).min(bounds.width().max(bounds.height()) * 0.028);
                let off = width * 0.7;
                let stroke = Stroke { width, ..Stroke::default() };
                let ink = Lab { l: (lab.l * 0.42).clamp(0.12, 0.40), a: lab.a * 0.5, b: lab.b * 0.5 };
                let paint = solid(ink, 0.72);
                self.pixmap.stroke_path(path, &paint, &stroke, Transform::from_translate(off, -off), None);
            }
            Depth::Detail => self.flat(path, lab),
        }
    }

    /// One colour, no style.
    pub fn flat(&mut self, path: &Path, lab: Lab) {
        self.tinted(path, lab, 1.0);
    }

    /// One colour, translucent, no style.
    pub fn tinted(&mut self, path: &Path, lab: Lab, alpha: f32) {
        self.pixmap.fill_path(path, &solid(lab, alpha), FillRule::Winding, Transform::identity(), None);
    }

    /// A gradient between colours, mixed perceptually, along a line.
    pub fn gradient(&mut self, path: &Path, ends: [Lab; 2], from: (f32, f32), to: (f32, f32)) {
        let [first, last] = ends;
        let stops = (0..=4_u8)
            .map(|step| f32::from(step) / 4.0)
            .map(|at| GradientStop::new(at, color(first.mix(last, at), 1.0)))
            .collect();
        let line = (Point::from_xy(from.0, from.1), Point::from_xy(to.0, to.1));
        let shader = LinearGradient::new(line.0, line.1, stops, SpreadMode::Pad, Transform::identity());
        self.fill(path, &shader.unwrap_or(Shader::SolidColor(color(first, 1.0))));
    }

    /// A soft highlight inside a form.
    fn sheen(&mut self, path: &Path, (x, y): (f32, f32), reach: f32) {
        let stops = vec![
            GradientStop::new(0.0, Color::from_rgba8(255, 255, 255, 72)),
            GradientStop::new(1.0, Color::from_rgba8(255, 255, 255, 0)),
        ];
        let at = Point::from_xy(x, y);
        let shader = RadialGradient::new(at, 0.0, at, reach, stops, SpreadMode::Pad, Transform::identity());
        if let Some(shader) = shader {
            self.fill(path, &shader);
        }
    }

    /// A glow around a point: `lab` in the middle, nothing at `reach`.
    pub fn glow(&mut self, (x, y): (f32, f32), reach: f32, lab: Lab, alpha: f32) {
        let at = Point::from_xy(x, y);
        let stops = vec![
            GradientStop::new(0.0, color(lab, alpha)),
            GradientStop::new(0.45, color(lab, alpha * 0.42)),
            GradientStop::new(1.0, color(lab, 0.0)),
        ];
        let shader = RadialGradient::new(at, 0.0, at, reach, stops, SpreadMode::Pad, Transform::identity());
        let area = PathBuilder::from_circle(x, y, reach);
        if let (Some(shader), Some(area)) = (shader, area) {
            self.fill(&area, &shader);
        }
    }

    /// A blurred copy of a shape, drawn small and stretched: what the eye can't resolve isn't computed.
    pub fn cast(&mut self, path: &Path, cast: Cast) {
        let bounds = path.bounds();
        let margin = cast.blur * 2.0 + 2.0;
        // Only what can be seen; shapes reach far beyond the canvas.
        let left = (bounds.left() + cast.dx - margin).max(-margin);
        let top = (bounds.top() + cast.dy - margin).max(-margin);
        let right = (bounds.right() + cast.dx + margin).min(self.w + margin);
        let bottom = (bounds.bottom() + cast.dy + margin).min(self.h + margin);
        let scale = (3.0 / cast.blur.max(0.5)).min(1.0);
        let (w, h) = (((right - left) * scale).ceil(), ((bottom - top) * scale).ceil());
        if w < 1.0 || h < 1.0 {
            return;
        }
        let Some(mut mask) = Mask::new(w as u32, h as u32) else { return };
        let transform = Transform::from_translate(cast.dx - left, cast.dy - top).post_scale(scale, scale);
        mask.fill_path(path, FillRule::Winding, true, transform);
        let radius = (cast.blur * scale / 2.0).round().max(1.0) as usize;
        for _ in 0..2 {
            blur_rows(mask.data_mut(), w as usize, radius);
            blur_columns(mask.data_mut(), w as usize, h as usize, radius);
        }
        let Some(mut small) = Pixmap::new(w as u32, h as u32) else { return };
        let [r, g, b] = cast.colour.to_rgb();
        for (pixel, cover) in small.data_mut().chunks_exact_mut(4).zip(mask.data()) {
            let alpha = f32::from(*cover) * cast.alpha;
            for (channel, value) in pixel.iter_mut().zip([r * alpha, g * alpha, b * alpha, alpha]) {
                *channel = value as u8;
            }
        }
        let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
        let back = Transform::from_scale(1.0 / scale, 1.0 / scale).post_translate(left, top);
        self.pixmap.draw_pixmap(0, 0, small.as_ref(), &paint, back, None);
    }

    fn fill(&mut self, path: &Path, shader: &Shader<'static>) {
        let paint = Paint { shader: shader.clone(), anti_alias: true, ..Paint::default() };
        self.pixmap.fill_path(path, &paint, FillRule::Winding, Transform::identity(), None);
    }

    /// The whole canvas as a path.
    pub fn everything(&self) -> Option<Path> {
        Rect::from_xywh(-2.0, -2.0, self.w + 4.0, self.h + 4.0).map(PathBuilder::from_rect)
    }
}

/// A colour for shadows on and around `lab`: darker and cooler.
pub fn shadow(lab: Lab) -> Lab {
    Lab { l: 0.18, a: lab.a * 0.12, b: lab.b * 0.12 - 0.025 }
}

fn solid(lab: Lab, alpha: f32) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(color(lab, alpha));
    paint
}

fn color(lab: Lab, alpha: f32) -> Color {
    let [r, g, b] = lab.to_rgb();
    Color::from_rgba(r, g, b, alpha.clamp(0.0, 1.0)).unwrap_or(Color::BLACK)
}

fn radial(lab: Lab, (x, y): (f32, f32), reach: f32) -> Shader<'static> {
    let depth = if lab.l > 0.9 { 0.6 } else { 1.0 };
    let stops = [(0.0, 0.065), (0.45, 0.012), (0.8, -0.055), (1.0, -0.095)]
        .map(|(at, by)| GradientStop::new(at, color(lab.lighter(by * depth), 1.0)))
        .to_vec();
    let at = Point::from_xy(x, y);
    RadialGradient::new(at, 0.0, at, reach, stops, SpreadMode::Pad, Transform::identity())
        .unwrap_or(Shader::SolidColor(color(lab, 1.0)))
}

fn centre(bounds: Rect) -> (f32, f32) {
    (f32::midpoint(bounds.left(), bounds.right()), f32::midpoint(bounds.top(), bounds.bottom()))
}

fn blur_rows(data: &mut [u8], width: usize, radius: usize) {
    for row in data.chunks_exact_mut(width) {
        let line = row.to_vec();
        box_blur(&line, radius, row.iter_mut());
    }
}

fn blur_columns(data: &mut [u8], width: usize, height: usize, radius: usize) {
    let mut line = Vec::with_capacity(height);
    for x in 0..width {
        line.clear();
        line.extend(data.iter().skip(x).step_by(width));
        box_blur(&line, radius, data.iter_mut().skip(x).step_by(width));
    }
}

/// A running mean over `2 radius + 1` samples; beyond the ends there is nothing.
fn box_blur<'a>(line: &[u8], radius: usize, out: impl Iterator<Item = &'a mut u8>) {
    let at =
        |index: Option<usize>| index.and_then(|index| line.get(index)).map_or(0, |value| u32::from(*value));
    let count = u32::try_from(2 * radius + 1).unwrap_or(1);
    let mut sum: u32 = line.iter().take(radius).map(|value| u32::from(*value)).sum();
    for (index, value) in out.enumerate() {
        sum += at(Some(index + radius));
        *value = u8::try_from(sum / count).unwrap_or(u8::MAX);
        sum -= at(index.checked_sub(radius));
    }
}
