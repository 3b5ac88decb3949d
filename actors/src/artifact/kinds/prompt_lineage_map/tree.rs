//! The forest of a project's progressions, and where each stands.
//!
//! A parent is always older than its child; what claims another parent, or one that isn't here, is a root. So there's no circle,
//! whatever the data say. No recursion: a chain of edits can be as long as the project.

use std::collections::BTreeMap;

use crate::artifact::figures;
use crate::artifact::page::delivery;
use crate::gallery::{Gallery, Image, Rollback};

/// Rows of a drawing, unless a single root needs more: as many as fit a sheet of paper and can still be read.
const ROWS: usize = 8;

pub(super) struct Forest<'a> {
    /// Oldest first.
    pub nodes: Vec<Node<'a>>,
}

pub(super) struct Node<'a> {
    pub what: What<'a>,
    pub parent: Option<(usize, Link)>,
    pub children: Vec<usize>,
}

#[derive(Clone, Copy)]
pub(super) enum What<'a> {
    Picture(&'a Image),
    StepBack(&'a Rollback),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    MadeFrom,
    NearDuplicate,
}

/// Roots of one job, as many as fit one drawing.
pub(super) struct Drawing {
    pub roots: Vec<usize>,
    /// In the order in which they're drawn, each before its children.
    pub places: Vec<Place>,
    /// Columns, the prompt's included.
    pub columns: usize,
    pub rows: usize,
}

/// Where a node stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub node: usize,
    /// From 1; column 0 is the prompt's.
    pub column: usize,
    /// In half rows, from 0.
    pub half_row: usize,
}

impl<'a> Node<'a> {
    pub fn id(&self) -> &'a str {
        match self.what {
            What::Picture(image) => &image.id,
            What::StepBack(step) => &step.id,
        }
    }

    fn created_at(&self) -> i64 {
        match self.what {
            What::Picture(image) => image.created_at,
            What::StepBack(step) => step.created_at,
        }
    }
}

impl<'a> Forest<'a> {
    pub fn of(gallery: &'a Gallery) -> Self {
        let new = |what| Node { what, parent: None, children: Vec::new() };
        let pictures = gallery.images.iter().filter(|image| delivery::is_safe(&image.url));
        let steps = gallery.rollbacks.iter().map(|step| new(What::StepBack(step)));
        let nodes: Vec<Node<'a>> = pictures.map(|image| new(What::Picture(image))).chain(steps).collect();
        // The oldest first: times are far from either end.
        let mut nodes = figures::ranked(nodes, |node| u64::MAX / 2 - node.created_at().max(0).unsigned_abs());
        let places: BTreeMap<&str, usize> =
            nodes.iter().enumerate().map(|(at, node)| (node.id(), at)).collect();
        let parent = |at: usize, node: &Node<'a>| {
            let earlier =
                |id: Option<&str>| id.and_then(|id| places.get(id)).copied().filter(|place| *place < at);
            match node.what {
                What::StepBack(step) => Some((earlier(step.parent_id.as_deref())?, Link::MadeFrom)),
                What::Picture(image) => match earlier(image.near_duplicate_of.as_deref()) {
                    Some(twin) => Some((twin, Link::NearDuplicate)),
                    None => Some((earlier(image.parent_id.as_deref())?, Link::MadeFrom)),
                },
            }
        };
        let parents: Vec<_> = nodes.iter().enumerate().map(|(at, node)| parent(at, node)).collect();
        for (at, parent) in parents.into_iter().enumerate() {
            if let Some(above) = parent.and_then(|(place, _)| nodes.get_mut(place)) {
                above.children.push(at);
            }
            if let Some(node) = nodes.get_mut(at) {
                node.parent = parent;
            }
        }
        Self { nodes }
    }

    /// The id of a node.
    pub fn id(&self, at: usize) -> &'a str {
        self.nodes.get(at).map_or("", Node::id)
    }

    /// The forest in drawings: the roots of one job together, in the order of their first.
    pub fn drawings(&self) -> Vec<Drawing> {
        let mut jobs: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        let mut by_job: Vec<Vec<usize>> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.parent.is_none()) {
            let job = match node.what {
                What::Picture(image) => image.job_id.as_deref(),
                What::StepBack(_) => None,
            };
            let group = *jobs.entry(job).or_insert(by_job.len());
            match by_job.get_mut(group).filter(|_| job.is_some()) {
                Some(roots) => roots.push(at),
                None => by_job.push(vec![at]),
            }
        }
        let mut drawings = Vec::new();
        for roots in by_job {
            let mut drawing = Drawing { roots: Vec::new(), places: Vec::new(), columns: 1, rows: 0 };
            for root in roots {
                let mut tree = self.tree(root);
                if !drawing.roots.is_empty() && drawing.rows + tree.rows > ROWS {
                    drawings.push(std::mem::replace(&mut drawing, tree));
                    continue;
                }
                for place in &mut tree.places {
                    place.half_row += drawing.rows * 2;
                }
                drawing.roots.push(root);
                drawing.places.append(&mut tree.places);
                drawing.columns = drawing.columns.max(tree.columns);
                drawing.rows += tree.rows;
            }
            drawings.push(drawing);
        }
        drawings
    }

    /// One root with everything below it: a row for each leaf, and each parent in the middle of its children.
    fn tree(&self, root: usize) -> Drawing {
        let mut places: Vec<Place> = Vec::new();
        let mut open = vec![(root, 1)];
        let (mut columns, mut rows) = (1, 0);
        while let Some((node, column)) = open.pop() {
            let children = self.nodes.get(node).map_or(&[][..], |node| &node.children);
            places.push(Place { node, column, half_row: rows * 2 });
            columns = columns.max(column + 1);
            rows += usize::from(children.is_empty());
            open.extend(children.iter().rev().map(|child| (*child, column + 1)));
        }
        // A parent comes before its children, so backwards all children have their rows: the first and the last of each.
        let mut below: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for place in places.iter_mut().rev() {
            if let Some((first, last)) = below.get(&place.node) {
                place.half_row = usize::midpoint(*first, *last);
            }
            if let Some((parent, _)) = self.nodes.get(place.node).and_then(|node| node.parent) {
                let row = place.half_row;
                below.entry(parent).and_modify(|(first, _)| *first = row).or_insert((row, row));
            }
        }
        Drawing { roots: vec![root], places, columns, rows }
    }
}
