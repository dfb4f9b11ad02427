/** The goods of a shop for hobbies, in the order in which people who take one up mostly buy them. */
import type { Both } from '../../site/language';

interface Hobby {
  readonly name: Both;
  readonly goods: readonly Both[];
}

/** From 'a|甲, b|乙'. */
const both = (words: string): Both[] =>
  words.split(', ').map((word) => {
    const [en, zh] = word.split('|');
    return { en, zh };
  });

const hobby = (name: string, goods: string): Hobby => ({ name: both(name)[0], goods: both(goods) });

export const HOBBIES: readonly Hobby[] = [
  hobby(
    'Camping|露营',
    'tent|帐篷, sleeping bag|睡袋, sleeping mat|防潮垫, headlamp|头灯, camp stove|炉头, cook set|套锅, water filter|滤水器, folding chair|折叠椅, hammock|吊床, solar charger|太阳能充电板',
  ),
  hobby(
    'Coffee|咖啡',
    'coffee beans|咖啡豆, hand grinder|手摇磨豆机, pour-over cone|滤杯, filter papers|滤纸, gooseneck kettle|细嘴壶, coffee scale|电子秤, milk frother|奶泡器, espresso machine|意式咖啡机, tamper|压粉锤, latte cups|拿铁杯',
  ),
  hobby(
    'Running|跑步',
    'running shoes|跑鞋, running socks|跑步袜, sports watch|运动手表, water belt|水壶腰带, energy gels|能量胶, running vest|越野背包, foam roller|泡沫轴, trail shoes|越野跑鞋, head torch|夜跑灯, race poster|赛事海报',
  ),
  hobby(
    'Baking|烘焙',
    'flour|面粉, mixing bowl|搅拌盆, kitchen scale|厨房秤, loaf tin|吐司模, yeast|酵母, dough scraper|刮板, proofing basket|发酵篮, baking stone|烘焙石板, stand mixer|厨师机, piping bags|裱花袋',
  ),
  hobby(
    'Painting|绘画',
    'sketchbook|速写本, pencils|铅笔, watercolours|水彩颜料, round brushes|圆头画笔, watercolour paper|水彩纸, palette|调色盘, easel|画架, acrylic paints|丙烯颜料, canvas|画布, varnish|上光油',
  ),
  hobby(
    'Gardening|园艺',
    'flower pots|花盆, potting soil|营养土, seeds|种子, watering can|洒水壶, trowel|小铲, pruning shears|修枝剪, garden gloves|园艺手套, fertiliser|肥料, raised bed|种植箱, compost bin|堆肥桶',
  ),
  hobby(
    'Cycling|骑行',
    'bicycle|自行车, helmet|头盔, bike lock|车锁, bike lights|车灯, pump|打气筒, repair kit|补胎套装, cycling shorts|骑行裤, bike computer|码表, clip pedals|锁踏, panniers|驮包',
  ),
  hobby(
    'Photography|摄影',
    'camera|相机, memory card|存储卡, camera bag|相机包, spare battery|备用电池, tripod|三脚架, prime lens|定焦镜头, polarising filter|偏振镜, flash|闪光灯, light tent|柔光箱, photo printer|照片打印机',
  ),
  hobby(
    'Guitar|吉他',
    'guitar|吉他, picks|拨片, tuner|调音器, strings|琴弦, songbook|曲谱, capo|变调夹, guitar strap|背带, practice amp|练习音箱, effects pedal|效果器, looper|循环效果器',
  ),
  hobby(
    'Knitting|编织',
    'yarn|毛线, knitting needles|棒针, stitch markers|记号扣, pattern book|图样书, tapestry needle|缝针, circular needles|环形针, row counter|计数器, yarn bowl|毛线碗, blocking mats|定型垫, yarn swift|绕线架',
  ),
  hobby(
    'Climbing|攀岩',
    'climbing shoes|攀岩鞋, chalk bag|粉袋, chalk|镁粉, harness|安全带, belay device|保护器, rope|主绳, quickdraws|快挂, climbing helmet|攀岩头盔, hangboard|指力板, crash pad|抱石垫',
  ),
  hobby(
    'Aquarium|水族',
    'fish tank|鱼缸, gravel|底砂, tank filter|过滤器, tank heater|加热棒, thermometer|温度计, water plants|水草, fish food|鱼食, test kit|水质试剂, driftwood|沉木, plant light|水草灯',
  ),
];

/** Goods of a hobby. */
export const EACH = HOBBIES[0].goods.length;

/** What item k + 1 is, hobby by hobby. */
export const GOODS: readonly Both[] = HOBBIES.flatMap(({ goods }) => goods);

/** The item of some English name. Throws an `Error` where there is none. */
export function goodNamed(name: string): number {
  const found = GOODS.findIndex(({ en }) => en === name);
  if (found < 0) throw new Error(`the shop has no ${name}`);
  return found + 1;
}
