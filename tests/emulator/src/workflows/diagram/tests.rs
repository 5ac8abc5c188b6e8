use proptest::prelude::*;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{Task, TaskIdentifier, TaskState};

use super::graph::{EdgeKind, Node};
use super::layout::{Layout, Rectangle};
use super::*;

fn id(number: usize) -> Id {
    Id { uuid: (number as u128 + 1).to_be_bytes().to_vec().into() }
}

fn task(number: usize, parent: Option<usize>, depends_on: &[usize], display: &str) -> Task {
    Task {
        id: Some(id(number)),
        identifier: Some(TaskIdentifier { name: "Name".to_owned(), version: "v1.0".to_owned() }),
        state: [TaskState::Computed, TaskState::Running, TaskState::Queued, TaskState::Failed][number % 4].into(),
        display: Some(display.to_owned()),
        parent_id: parent.map(id),
        depends_on: depends_on.iter().map(|number| id(*number)).collect(),
        ..Task::default()
    }
}

fn options(direction: &str, theme: WorkflowDiagramTheme) -> Options {
    let options =
        RenderOptions { direction: direction.to_owned(), padding: 5, sketchy: true, ..RenderOptions::default() };
    Options::read(theme.into(), options).expect("valid options")
}

fn svg(tasks: Vec<Task>, direction: &str, name: Option<&str>) -> String {
    let options = options(direction, WorkflowDiagramTheme::Light);
    let drawing = Drawing { tasks, name: name.map(str::to_owned), options };
    String::from_utf8(drawing.draw().svg.to_vec()).expect("UTF-8")
}

/// A root with two months, each with two scenes, and a summary that depends on both months.
fn report() -> Vec<Task> {
    vec![
        task(0, None, &[], "Report"),
        task(1, Some(0), &[], "Month(1)"),
        task(2, Some(0), &[], "Month(2)"),
        task(3, Some(0), &[1, 2], "Summary"),
        task(4, Some(1), &[], "Scene(a)"),
        task(5, Some(1), &[], "Scene(b)"),
        task(6, Some(2), &[], "Scene(c)"),
        task(7, Some(2), &[6], "Upload"),
    ]
}

prop_compose! {
    /// Tasks as a scheduler has them: each after its parent, with dependencies on earlier tasks of the same parent.
    fn any_tasks()(
        tasks in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>(), "[ -~\n]{0,40}"), 1..60),
    ) -> Vec<Task> {
        let mut parents: Vec<Option<usize>> = Vec::new();
        tasks.iter().enumerate().map(|(number, (parent, dependencies, display))| {
            let parent = parent.index(number + 1).checked_sub(1).map(|parent| parent / 2);
            let siblings = (0..number).filter(|other| parents[*other] == parent);
            let depends_on: Vec<_> = siblings.enumerate().filter(|(index, _)| dependencies >> (index % 64) & 5 == 5).collect();
            let depends_on: Vec<_> = depends_on.into_iter().map(|(_, other)| other).collect();
            parents.push(parent);
            task(number, parent, &depends_on, display)
        }).collect()
    }
}

fn overlap(a: Rectangle, b: Rectangle, margin: f64) -> bool {
    a.x < b.x + b.width + margin
        && b.x < a.x + a.width + margin
        && a.y < b.y + b.height + margin
        && b.y < a.y + a.height + margin
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn boxes_do_not_overlap_and_edges_connect_them(tasks in any_tasks(), direction in 0..4_usize) {
        let direction = [Direction::Down, Direction::Up, Direction::Left, Direction::Right][direction];
        let graph = Graph::of(&tasks);
        let layout = Layout::of(&graph, direction);
        let boxes: Vec<_> = layout.nodes.iter().zip(&graph.nodes).filter(|(_, node)| **node != Node::Junction).collect();
        for (index, (first, _)) in boxes.iter().enumerate() {
            prop_assert!(first.x >= -0.01 && first.y >= -0.01);
            prop_assert!(first.x + first.width <= layout.width + 0.01 && first.y + first.height <= layout.height + 0.01);
            for (second, _) in &boxes[index + 1..] {
                prop_assert!(!overlap(**first, **second, 5.0), "{first:?} {second:?}");
            }
        }
        for (edge, points) in graph.edges.iter().zip(&layout.edges) {
            let (start, end) = (points.first().expect("a start"), points.last().expect("an end"));
            for (point, node) in [(start, edge.from), (end, edge.to)] {
                let place = layout.nodes[node];
                let touches = Rectangle { x: point.x, y: point.y, width: 0.0, height: 0.0 };
                prop_assert!(overlap(touches, place, 0.01), "{point:?} {place:?}");
            }
            // The edge is drawn within layers only where no box is.
            for pair in points.windows(2) {
                let is_straight = pair[0].x == pair[1].x || pair[0].y == pair[1].y;
                let inside = |point: &layout::Point, place: &Rectangle| {
                    point.x > place.x + 0.01 && point.x < place.x + place.width - 0.01
                        && point.y > place.y + 0.01 && point.y < place.y + place.height - 0.01
                };
                let middle = layout::Point { x: (pair[0].x + pair[1].x) / 2.0, y: (pair[0].y + pair[1].y) / 2.0 };
                for (place, _) in &boxes {
                    prop_assert!(!is_straight || !inside(&middle, place), "{pair:?} crosses {place:?}");
                }
            }
        }
    }

    #[test]
    fn drawn_relations_imply_all_relations(tasks in any_tasks()) {
        let graph = Graph::of(&tasks);
        let count = graph.nodes.len();
        let mut reached = vec![vec![false; count]; count];
        for _ in 0..count {
            let before = reached.clone();
            for edge in &graph.edges {
                let from = before[edge.from].clone();
                let to = &mut reached[edge.to];
                to.iter_mut().zip(from).for_each(|(known, new)| *known |= new);
                to[edge.from] = true;
            }
            if reached == before {
                break;
            }
        }
        for (number, task) in tasks.iter().enumerate() {
            for other in task.depends_on.iter().chain(&task.parent_id) {
                let other = u128::from_be_bytes(other.uuid[..].try_into().expect("16 bytes")) as usize - 1;
                prop_assert!(reached[number][other], "{other} -> {number}");
            }
        }
        prop_assert!(graph.edges.len() < 4 * tasks.len() + tasks.len() * tasks.len() / 4);
    }

    #[test]
    fn svg_is_well_formed(tasks in any_tasks(), name in "\\PC{0,80}") {
        let svg = svg(tasks, "down", Some(&name));
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').expect("a closed tag");
            prop_assert!(!text.contains('&') || text.contains(';'), "{text}");
            match tag.strip_prefix('/') {
                Some(name) => prop_assert_eq!(open.pop(), Some(name.to_owned())),
                None if tag.ends_with('/') => {}
                None => open.push(tag.split(' ').next().unwrap_or_default().to_owned()),
            }
        }
        prop_assert!(open.is_empty());
        // Labels may be any text, also the name of a number; coordinates are finite.
        let values = svg.split('<').filter_map(|tag| tag.split('>').next()).flat_map(|tag| tag.split('"').skip(1).step_by(2));
        for value in values {
            let is_finite = |part: &str| part.parse().map_or(true, f64::is_finite);
            prop_assert!(value.split([' ', ',', '(', ')', 'M', 'L', 'C']).all(is_finite), "{value} in {svg}");
        }
    }
}

#[test]
fn texts_are_escaped_and_cut() {
    let tasks = vec![
        task(0, None, &[], "<a href=\"x\">&'\u{1}</a>\nsecond line"),
        task(1, Some(0), &[], &"long".repeat(20)),
        task(2, Some(0), &[], ""),
    ];
    let svg = svg(tasks, "down", Some("<job>"));
    assert!(svg.contains(">&lt;a href=&quot;x&quot;&gt;&amp;&#39; &lt;/a&gt;</text>"), "{svg}");
    assert!(
        svg.contains("&#39;\u{fffd}&lt;/a&gt;\nsecond line (computed)</title>"),
        "the whole display is in the title"
    );
    assert!(svg.contains(">longlonglonglonglonglonglonglon…</text>"));
    assert!(svg.contains(">Name</text>"), "a task without a display has its name");
    assert!(svg.contains(">&lt;job&gt;</text>"));
}

#[test]
fn states_have_colours_and_a_legend() {
    let svg = svg(report(), "down", None);
    for text in ["computed 2", "running 2", "queued 2", "failed 2", "submits", "is needed by"] {
        assert!(svg.contains(&format!(">{text}</text>")), "{text}");
    }
    assert!(!svg.contains("skipped") && !svg.contains("failed optional"));
    let light = options("", WorkflowDiagramTheme::Light).theme;
    assert!(svg.contains(light.of_state(TaskState::Failed).1));
}

#[test]
fn themes_differ_and_console_themes_are_transparent() {
    let of = |theme| {
        let drawing = Drawing { tasks: report(), name: None, options: options("down", theme) };
        String::from_utf8(drawing.draw().svg.to_vec()).expect("UTF-8")
    };
    use WorkflowDiagramTheme::{ConsoleDark, ConsoleLight, Dark, Light, Unspecified};
    assert_eq!(of(Unspecified), of(Light));
    let all = [Light, Dark, ConsoleLight, ConsoleDark].map(of);
    for (index, svg) in all.iter().enumerate() {
        assert_eq!(svg.contains("height=\"100%\""), index < 2);
        assert_eq!(all.iter().filter(|other| *other == svg).count(), 1);
    }
}

#[test]
fn directions_turn_the_diagram() {
    let tasks = report();
    let of = |direction| {
        let graph = Graph::of(&tasks);
        let layout = Layout::of(&graph, direction);
        let root = layout.nodes[0];
        let child = layout.nodes[1];
        (child.y > root.y, child.y < root.y, child.x > root.x + root.width, child.x + child.width < root.x)
    };
    assert!(of(Direction::Down).0 && of(Direction::Up).1);
    assert!(of(Direction::Right).2 && of(Direction::Left).3);
}

#[test]
fn shared_dependencies_meet_in_a_junction() {
    let mut tasks = vec![task(0, None, &[], "root")];
    tasks.extend((1..=99).map(|number| task(number, Some(0), &[], "first")));
    let first: Vec<_> = (1..=99).collect();
    tasks.extend((100..199).map(|number| task(number, Some(0), &first, "second")));
    let graph = Graph::of(&tasks);
    assert_eq!(graph.nodes.len(), tasks.len() + 1);
    assert_eq!(graph.edges.len(), 3 * 99);
    let layout = Layout::of(&graph, Direction::Down);
    assert!(layout.width > 5_000.0 && layout.height < 400.0);
}

#[test]
fn implied_relations_are_not_drawn() {
    let mut tasks = vec![task(0, None, &[], "root")];
    for number in 1..200 {
        let all: Vec<_> = (1..number).collect();
        tasks.push(task(number, Some(0), &all, "step"));
    }
    let graph = Graph::of(&tasks);
    assert_eq!(graph.edges.len(), 199, "a chain");
    assert_eq!(graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Child).count(), 1);
}

#[test]
fn invalid_options_are_refused() {
    let read = |layout: &str, direction: &str, padding| {
        let options = RenderOptions {
            layout: layout.to_owned(),
            direction: direction.to_owned(),
            padding,
            ..RenderOptions::default()
        };
        Options::read(0, options)
    };
    assert!(read("dagre", "down", 5).is_ok() && read("elk", "left", 0).is_ok() && read("", "", 1000).is_ok());
    for (layout, direction, padding) in [("dot", "", 0), ("", "sideways", 0), ("", "", -1), ("", "", 1001)] {
        assert!(read(layout, direction, padding).is_err(), "{layout} {direction} {padding}");
    }
    assert!(Options::read(5, RenderOptions::default()).is_err());
}
