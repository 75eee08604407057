"""Functions of NumPy and SciPy that are not understood: why, and what to write instead.

What stands neither here nor in the tables of operations is not known at all. `docs/support.md`
shows these lines, and refusals speak their words.
"""

from __future__ import annotations

import sys
import types
from typing import NamedTuple


class Refused(NamedTuple):
    """Why functions are refused.

    Attributes:
        names: as they are spelled; "np.fft.*" are all of a module, "ndarray.sort" is a method.
        why: what stands after the name: "np.unique gives ...".
        instead: what to write instead, as sentences.
        later: whether it may come.
    """

    names: tuple[str, ...]
    why: str
    instead: str
    later: bool


REFUSED: list[Refused] = []
MODULES = {
    "np": "numpy",
    "np.linalg": "numpy.linalg",
    "np.fft": "numpy.fft",
    "scipy.linalg": "scipy.linalg",
    "scipy.fft": "scipy.fft",
    "np.ma": "numpy.ma",
    "np.testing": "numpy.testing",
    "np.polynomial": "numpy.polynomial",
}
METHOD = "ndarray"


def never(names: str, why: str, instead: str) -> None:
    """Enter functions that have no derivative, or are none of a value."""
    REFUSED.append(Refused(tuple(names.split()), why, instead, later=False))


def later(names: str, why: str, instead: str) -> None:
    """Enter functions that are not understood yet."""
    REFUSED.append(Refused(tuple(names.split()), why, instead, later=True))


def refused_function(value: object) -> Refused | None:
    """Why a function object of NumPy or SciPy is refused, if it is here; nothing is imported."""
    if type(value) is types.BuiltinMethodType and type(value.__self__).__name__ == "ufunc":
        return _named(f"ufunc.{value.__name__}")
    module = str(getattr(value, "__module__", None))
    if module.partition(".")[0] not in {"numpy", "scipy"}:
        return None
    for line in REFUSED:
        for spelling in line.names:
            prefix, _, last = spelling.rpartition(".")
            home = MODULES.get(prefix)
            if last == "*":
                if home is not None and f"{module}.".startswith(f"{home}."):
                    return line
            elif home in sys.modules and getattr(sys.modules[home], last, None) is value:
                return line
    return None


def refused_method(name: str) -> Refused | None:
    """Why a method or attribute of arrays is refused, if it is here."""
    return _named(f"{METHOD}.{name}")


def _named(spelling: str) -> Refused | None:
    return next((line for line in REFUSED if spelling in line.names), None)


_OUTSIDE = "Compute it outside, and pass the result as an argument."

# fmt: off

# Without a derivative, or without a value that could have one

never("np.unique np.unique_all np.unique_counts np.unique_inverse np.unique_values np.union1d np.intersect1d np.setdiff1d np.setxor1d np.isin np.trim_zeros",
      "compares values for equality: how many it gives changes in steps",
      "Compute indices outside (return_inverse=True), and pass them as an argument.")
never("np.linalg.matrix_rank np.bincount np.histogram np.histogram2d np.histogramdd np.histogram_bin_edges scipy.linalg.bandwidth scipy.linalg.issymmetric scipy.linalg.ishermitian scipy.linalg.signm",
      "counts or tells apart: it changes in steps",
      _OUTSIDE)
never("np.empty np.empty_like",
      "holds whatever was in memory",
      "Write np.zeros, or put the parts together with np.stack or np.concatenate.")
never("np.vectorize np.frompyfunc np.apply_along_axis np.apply_over_axes np.fromfunction np.fromiter np.nested_iters",
      "calls a function of yours for each item",
      "Call the function with the whole array: operations go through all items.")
never("np.copyto np.put np.putmask np.place np.put_along_axis np.fill_diagonal ndarray.put ndarray.setfield ndarray.setflags ndarray.byteswap",
      "changes an array in place",
      "Make the array that you want: np.where(mask, new, old).")
never("ndarray.resize np.resize",
      "repeats or drops items",
      "Write np.tile and a slice.")
never("np.bitwise_count np.left_shift np.right_shift np.bitwise_left_shift np.bitwise_right_shift np.packbits np.unpackbits",
      "works on the bits of integers",
      _OUTSIDE)
never("np.asmatrix np.bmat np.matrix np.poly1d np.recarray np.record np.nditer np.ndenumerate np.ndindex np.flatiter np.broadcast np.memmap",
      "is a class of its own",
      "Use arrays: np.array, A @ B, np.polyval.")
never("ufunc.at",
      "changes an array in place",
      "Write np.sum(v[:, None] * (i[:, None] == np.arange(n)), axis=0).")

never("np.ma.* np.testing.*",
      "is not for plain arrays of numbers",
      "Use arrays; masked items with np.where(mask, x, 0).")

# Of no value at all

never("np.load np.loadtxt np.genfromtxt np.fromfile np.fromregex np.fromstring np.frombuffer np.from_dlpack np.save np.savetxt np.savez np.savez_compressed ndarray.dump ndarray.dumps ndarray.tofile ndarray.tobytes ndarray.to_device",
      "reads or writes files or memory",
      "Read outside, and pass the array as an argument.")
never("np.array2string np.array_repr np.array_str np.base_repr np.binary_repr np.format_float_positional np.format_float_scientific np.typename",
      "makes a text",
      "Do it outside.")
never("np.seterr np.geterr np.seterrcall np.geterrcall np.setbufsize np.getbufsize np.set_printoptions np.get_printoptions np.printoptions np.show_config np.show_runtime np.get_include np.info np.test",
      "is about settings",
      "Set them outside.")
never("np.can_cast np.common_type np.isdtype np.issubdtype np.min_scalar_type np.mintypecode np.promote_types np.result_type np.may_share_memory np.shares_memory np.iterable np.isfortran np.einsum_path np.broadcast_shapes scipy.linalg.get_blas_funcs scipy.linalg.get_lapack_funcs scipy.linalg.find_best_blas_type",
      "asks about types or memory",
      "Ask it outside, and pass the answer as an argument: True or False decides the code.")
never("ndarray.base ndarray.ctypes ndarray.data ndarray.device ndarray.flags ndarray.itemsize ndarray.nbytes ndarray.strides ndarray.view ndarray.getfield",
      "is about memory",
      "Ask it outside, and pass the answer as an argument.")
never("np.busday_count np.busday_offset np.is_busday np.datetime_as_string np.datetime_data np.isnat",
      "is about dates",
      _OUTSIDE)

# Linear algebra that is not written yet

later("np.linalg.svd np.linalg.svdvals scipy.linalg.svd scipy.linalg.svdvals scipy.linalg.diagsvd scipy.linalg.orth scipy.linalg.null_space scipy.linalg.subspace_angles scipy.linalg.polar scipy.linalg.cossin scipy.linalg.orthogonal_procrustes",
      "needs singular values, which have no derivative here yet",
      "Squares of singular values are np.linalg.eigvalsh(A.T @ A); np.linalg.norm(A) needs none.")
later("np.linalg.qr scipy.linalg.qr scipy.linalg.qr_delete scipy.linalg.qr_insert scipy.linalg.qr_multiply scipy.linalg.qr_update scipy.linalg.rq scipy.linalg.qz scipy.linalg.ordqz scipy.linalg.schur scipy.linalg.rsf2csf scipy.linalg.cdf2rdf scipy.linalg.hessenberg",
      "has no derivative here yet",
      "R of a QR is np.linalg.cholesky(A.T @ A).T, but for signs.")
later("np.linalg.pinv np.linalg.lstsq scipy.linalg.pinv scipy.linalg.pinvh scipy.linalg.lstsq",
      "has no derivative here yet",
      "For a matrix of full rank write np.linalg.solve(A.T @ A, A.T @ b).")
later("np.linalg.cond",
      "needs singular values, which have no derivative here yet",
      "In the Frobenius norm it is np.linalg.norm(A) * np.linalg.norm(np.linalg.inv(A)).")
later("np.linalg.eig np.linalg.eigvals scipy.linalg.eig scipy.linalg.eigvals",
      "may give complex numbers",
      "Of a symmetric matrix write np.linalg.eigh or np.linalg.eigvalsh.")
later("scipy.linalg.expm scipy.linalg.expm_cond scipy.linalg.expm_frechet scipy.linalg.logm scipy.linalg.sqrtm scipy.linalg.cosm scipy.linalg.sinm scipy.linalg.tanm scipy.linalg.coshm scipy.linalg.sinhm scipy.linalg.tanhm scipy.linalg.funm scipy.linalg.fractional_matrix_power",
      "has no derivative here yet",
      "Of a symmetric matrix: w, V = np.linalg.eigh(A), then (V * np.exp(w)) @ V.T.")
later("np.linalg.tensorinv np.linalg.tensorsolve",
      "is not understood yet",
      "Reshape to matrices, and write np.linalg.inv or np.linalg.solve.")
later("np.linalg.vector_norm np.linalg.matrix_norm scipy.linalg.norm",
      "is not understood yet",
      "Write np.linalg.norm.")
later("np.linalg.diagonal",
      "is not understood yet",
      "Write np.diagonal(a, axis1=-2, axis2=-1).")
later("scipy.linalg.eigh scipy.linalg.eigvalsh",
      "is not understood yet",
      "Write np.linalg.eigh or np.linalg.eigvalsh.")
later("scipy.linalg.lu scipy.linalg.lu_factor scipy.linalg.lu_solve scipy.linalg.ldl",
      "has no derivative here yet",
      "Write np.linalg.solve; of a symmetric positive matrix np.linalg.cholesky.")
later("scipy.linalg.solve_banded scipy.linalg.solveh_banded scipy.linalg.cholesky_banded scipy.linalg.cho_solve_banded scipy.linalg.eig_banded scipy.linalg.eigvals_banded scipy.linalg.eigh_tridiagonal scipy.linalg.eigvalsh_tridiagonal scipy.linalg.solve_circulant scipy.linalg.solve_toeplitz scipy.linalg.matmul_toeplitz",
      "has no derivative here yet",
      "Make the whole matrix, and write np.linalg.solve or A @ x.")
later("scipy.linalg.solve_continuous_are scipy.linalg.solve_continuous_lyapunov scipy.linalg.solve_discrete_are scipy.linalg.solve_discrete_lyapunov scipy.linalg.solve_lyapunov scipy.linalg.solve_sylvester",
      "has no derivative here yet",
      "A linear equation of matrices is one for np.linalg.solve, with np.kron.")
later("scipy.linalg.block_diag scipy.linalg.circulant scipy.linalg.companion scipy.linalg.convolution_matrix scipy.linalg.dft scipy.linalg.fiedler scipy.linalg.fiedler_companion scipy.linalg.hadamard scipy.linalg.hankel scipy.linalg.helmert scipy.linalg.hilbert scipy.linalg.invhilbert scipy.linalg.invpascal scipy.linalg.khatri_rao scipy.linalg.leslie scipy.linalg.pascal scipy.linalg.toeplitz",
      "is not understood yet",
      "Make the matrix with indices: c[np.abs(i[:, None] - i)]; a constant one outside.")
later("scipy.linalg.matrix_balance scipy.linalg.clarkson_woodruff_transform",
      "has no derivative here yet",
      _OUTSIDE)
later("np.fft.* scipy.fft.*",
      "is a Fourier transform, which has no derivative here yet",
      "Write it with a matrix: np.cos(2 * np.pi * np.outer(k, n) / N) @ x and np.sin likewise.")

# Arrays

later("np.astype", "is not understood yet", "Write x.astype(dtype).")
later("np.append", "is not understood yet", "Write np.concatenate([a, b]).")
later("np.insert np.delete", "is not understood yet", "Write np.concatenate of slices.")
later("np.block", "is not understood yet", "Write np.concatenate, or np.vstack and np.hstack.")
later("np.dsplit np.unstack", "is not understood yet", "Write np.split, or an index for each.")
later("np.choose ndarray.choose", "is not understood yet", "Write np.select or np.where.")
later("ndarray.compress", "is not understood yet", "Write x[mask], or np.compress.")
later("ndarray.tolist", "is not understood yet", "Take the items: x[0], x[1].")
later("ndarray.fill", "changes the array in place", "Write x = np.full_like(x, value).")
later("np.finfo np.iinfo", "is not understood yet", "Make the number a global: EPS = np.finfo(float).eps.")
later("np.float16 np.float32 np.longdouble np.int8 np.int16 np.int32 np.int64 np.uint8 np.uint16 np.uint32 np.uint64 np.complex64 np.complex128",
      "is not understood yet as a function", "Write x.astype(np.float32), or float(x).")
later("np.polynomial.*", "is not understood yet", "Write np.polyval, or np.polynomial.polynomial.polyval.")
later("ndarray.sort ndarray.partition", "changes the array in place", "Write x = np.sort(x), or np.partition.")
later("np.tri", "is not understood yet", "Write np.tril(np.ones((n, m))).")
later("np.cumulative_sum np.cumulative_prod", "is not understood yet", "Write np.cumsum or np.cumprod.")
later("np.asarray_chkfinite np.asfortranarray np.require np.real_if_close", "is not understood yet", "Write np.asarray.")
later("np.argwhere np.indices np.lexsort np.diag_indices np.diag_indices_from np.mask_indices np.tril_indices np.tril_indices_from np.triu_indices np.triu_indices_from np.ravel_multi_index np.unravel_index",
      "is not understood yet", "Compute indices outside, and pass them as an argument.")
later("np.logical_xor np.bitwise_xor", "is not understood yet", "Of truth values write a != b.")
later("np.bitwise_and np.bitwise_or np.bitwise_not np.bitwise_invert np.invert", "is not understood yet", "Of truth values write a & b, a | b, ~a, or np.logical_and and its like.")
later("np.allclose", "is not understood yet", "Write np.all(np.isclose(a, b)).")
later("np.array_equal np.array_equiv", "is not understood yet", "Write np.all(a == b).")
later("np.isneginf np.isposinf np.signbit", "is not understood yet", "Write x == -np.inf, x == np.inf, x < 0.")
later("np.iscomplex np.iscomplexobj np.isreal np.isrealobj", "is not understood yet", "Numbers are real here: leave the question out.")
later("np.divmod np.modf np.frexp", "is not understood yet", "Write a // b and a % b, np.trunc(x) and x - np.trunc(x).")
later("np.unwrap", "is not understood yet", "Add the jumps outside, as an argument: they are constants.")
later("np.i0", "is not understood yet", "Write scipy.special.i0.")
later("np.sort_complex", "is not understood yet", "Write np.sort.")
later("np.nanquantile np.nanpercentile", "is not understood yet", "Write np.quantile of x[~np.isnan(x)].")
later("np.cov np.corrcoef", "is not understood yet", "Write d = X - X.mean(axis=1, keepdims=True), then d @ d.T / (n - 1).")
later("np.bartlett np.blackman np.hamming np.hanning np.kaiser", "is not understood yet", "Make the window outside, and pass it as an argument.")
later("np.poly np.polyadd np.polysub np.polymul np.polydiv np.polyint np.polyfit np.roots", "is not understood yet", "Write what it computes with np.convolve, np.polyval or np.linalg.solve.")
later("ufunc.accumulate", "is not understood yet", "Write np.cumsum or np.cumprod.")
later("ufunc.outer", "is not understood yet", "Write it with a new axis: x[:, None] + y.")
later("ufunc.reduceat ufunc.reduce", "is not understood yet", "Write np.sum, np.prod, np.max or np.min.")
# fmt: on
