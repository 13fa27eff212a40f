//! The gradient of a cell's trace, held to another tool's.

mod common;

use common::Place;

/// What Jaxley 0.14.0 (JAX 0.10.2, f64, backward Euler) gives for the same cell, clamp and loss, to the eight digits that it was printed with.
const LOSS: f64 = 822.179_108_520_175_6;
const JAXLEY: [(&str, [f64; 11]); 3] = [
    (
        "HH_gNa",
        [-8028.7102, -920.20464, -1354.7092, 60.85509, 57.845399, -425.6829, -429.59885, 124.50185, 129.26591, 81.996429, 134.81176],
    ),
    ("HH_gK", [34743.775, 6370.8047, 7687.338, 1745.6613, 1818.9176, 5598.668, 5478.0206, 1377.8725, 1412.4104, 1072.3279, 1515.3572]),
    (
        "HH_gLeak",
        [261619.24, 31662.435, 52650.471, -25110.714, -25020.492, 14806.046, 15547.244, -47443.472, -49426.404, -30567.163, -51455.452],
    ),
];

#[test]
fn gradients_of_33_conductances_over_100_ms_equal_those_of_jaxley() {
    let json = Place::new().homolog("bench grad --once --json").well().json();
    assert!((json["loss"].as_f64().unwrap() / LOSS - 1.0).abs() < 1e-9, "{}", json["loss"]);
    for (name, expected) in JAXLEY {
        let found = json["grad"][name].as_array().unwrap();
        assert_eq!(found.len(), expected.len());
        for (k, (x, y)) in found.iter().zip(expected).enumerate() {
            let x = x.as_f64().unwrap();
            assert!((x - y).abs() <= 1e-6 * y.abs(), "{name} of branch {k}: {x} is not {y}");
        }
    }
}
