import {expect} from 'chai';
import {projectToPlane} from '../../../src/training/metrics/principal-components.js';

const WIDTH = 5;
const FEATURES = Float32Array.from({length: 12 * WIDTH}, (_, at) => {
  const [i, k] = [Math.floor(at / WIDTH), at % WIDTH];
  return (5 - k) * ((i * (k + 2)) % 7) + 0.5 * ((i * i + k) % 5);
});

/** First four points and the share of the variance, by `numpy.linalg.svd` of NumPy 2.4.6 on the same numbers, less their mean. */
const NUMPY = {
  x: [-19.821815067972807, -2.66970437106508, 7.924108167369455, 15.96489089245861],
  y: [-8.23849901562673, 1.7534226170463105, 9.521543945793846, -10.756422907736939],
  explained: 0.8600140367929917,
};

describe('the projection on two principal components', () => {
  it('is that of NumPy', () => {
    const {points, explained} = projectToPlane(FEATURES, WIDTH);
    expect(points).to.have.length(12);
    NUMPY.x.forEach((x, i) => expect(points[i]![0]).to.be.closeTo(x, 1e-3));
    NUMPY.y.forEach((y, i) => expect(points[i]![1]).to.be.closeTo(y, 1e-3));
    expect(explained).to.be.closeTo(NUMPY.explained, 1e-6);
  });

  it('holds all of the variance of points on a plane', () => {
    const flat = Float32Array.from([0, 0, 0, 4, 0, 0, 0, 1, 0, 4, 1, 0]);
    const {points, explained} = projectToPlane(flat, 3);
    expect(explained).to.be.closeTo(1, 1e-9);
    expect(Math.hypot(points[0]![0] - points[3]![0], points[0]![1] - points[3]![1])).to.be.closeTo(
      Math.sqrt(17),
      1e-6,
    );
  });

  it('bears equal vectors, and a single one', () => {
    expect(projectToPlane(Float32Array.of(1, 2, 1, 2), 2)).to.deep.equal({
      points: [[0, 0], [0, 0]], // prettier-ignore
      explained: 0,
    });
    expect(projectToPlane(Float32Array.of(1, 2), 2).points).to.deep.equal([[0, 0]]);
  });
});
