//! The elementary functions over any [`Lane`], whatever its numbers: [`super::double`] or [`super::single`].

use super::lane::Lane;
use super::real::Real;

macro_rules! functions {
    ($($name:ident)*) => {
        $(
            /// See the function of this name in [`super`].
            #[inline(always)]
            pub fn $name<V: Lane>(x: V) -> V {
                <V::Real as Real>::$name(x)
            }
        )*
    };
}

functions!(exp expm1 exprelr tanh ln sin cos);

/// See [`super::pow`].
#[inline(always)]
pub fn pow<V: Lane>(x: V, y: V) -> V {
    <V::Real as Real>::pow(x, y)
}
