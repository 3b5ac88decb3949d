//! Who hangs where.

use serde_json::{Value, json};

use super::GENERATOR;
use super::tree::{Drawing, Forest};
use crate::artifact::kinds::testing::{self, failed, gallery, image, material};
use crate::gallery::{Gallery, Image, Rollback};

fn made(id: &str, parent: Option<&str>, at: i64) -> Image {
    Image {
        parent_id: parent.map(str::to_owned),
        job_id: Some("job".to_owned()),
        created_at: at,
        ..image(id)
    }
}

fn project() -> Gallery {
    Gallery {
        rollbacks: vec![Rollback { id: "r".to_owned(), parent_id: Some("a".to_owned()), created_at: 4 }],
        ..gallery(vec![
            made("a", None, 1),
            made("b", Some("a"), 2),
            Image { near_duplicate_of: Some("a".to_owned()), ..made("twin", None, 3) },
            made("c", Some("r"), 5),
            Image { parent_id: Some("gone".to_owned()), ..failed("lost") },
        ])
    }
}

fn rows(drawing: &Drawing, forest: &Forest<'_>) -> Vec<(String, usize, usize)> {
    drawing.places.iter().map(|it| (forest.id(it.node).to_owned(), it.column, it.half_row)).collect()
}

#[test]
fn each_leaf_has_a_row_and_a_parent_is_in_the_middle() {
    let project = project();
    let forest = Forest::of(&project);
    let drawings = forest.drawings();
    let expected = [("a", 1, 2), ("b", 2, 0), ("twin", 2, 2), ("r", 2, 4), ("c", 3, 4)]
        .map(|(id, x, y)| (id.to_owned(), x, y));
    let found: Vec<_> = drawings.iter().map(|drawing| rows(drawing, &forest)).collect();
    assert!(found.contains(&expected.to_vec()), "{found:?}");
    assert!(found.contains(&vec![("lost".to_owned(), 1, 0)]), "whose parent is gone is a root");
}

#[test]
fn the_graph_names_every_link() {
    let document = testing::render(&GENERATOR, &material(&[project()]));
    let graph: Value = serde_json::from_slice(&document.files[0].body).unwrap();
    let edge = |from: &str, to: &str, kind: &str| json!({ "from": from, "to": to, "kind": kind });
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 6);
    assert_eq!(
        graph["edges"],
        json!([
            edge("a", "b", "made-from"),
            edge("a", "twin", "near-duplicate-of"),
            edge("a", "r", "made-from"),
            edge("r", "c", "made-from")
        ])
    );
    let page = String::from_utf8(document.body).unwrap();
    assert_eq!(page.matches("class=\"line line--twin\"").count(), 2, "the twin's, and the key's");
    assert!(page.contains("A step back") && page.contains("<li>1 branch</li>"));
    assert_eq!(page.matches("<image href=\"https://imagedelivery.net/hash/").count(), 5);
}

#[test]
fn a_circle_in_the_data_is_none_on_the_page() {
    let circle = gallery(vec![made("a", Some("b"), 1), made("b", Some("a"), 2), made("c", Some("c"), 3)]);
    let forest = Forest::of(&circle);
    let drawn: usize = forest.drawings().iter().map(|drawing| drawing.places.len()).sum();
    assert_eq!(drawn, 3, "each once");
}

#[test]
fn a_long_chain_and_a_wide_family_are_drawn_whole() {
    let chain = (0..500).map(|n| {
        let parent = format!("id-{}", n - 1);
        made(&format!("id-{n}"), (n > 0).then_some(parent.as_str()), n)
    });
    let chain = gallery(chain.collect());
    let drawings = Forest::of(&chain).drawings();
    assert_eq!((drawings.len(), drawings[0].columns, drawings[0].rows), (1, 501, 1));
    let wide = gallery((0..500).map(|n| made(&format!("id-{n}"), None, n)).collect());
    let drawings = Forest::of(&wide).drawings();
    assert!(drawings.iter().all(|drawing| drawing.rows <= 8));
    assert_eq!(drawings.iter().map(|drawing| drawing.places.len()).sum::<usize>(), 500);
}
